"""The servers that tests share: each worker of a test run starts its own, and only when a test asks for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("tests.support")  # before it is imported: an assertion that fails there says what it found

from hub.local.kafka import Kafka  # noqa: E402
from hub.local.postgres import Postgres  # noqa: E402
from tests.support import stack  # noqa: E402
from tests.support.driver import SEED  # noqa: E402
from tests.support.fault_report import FaultReport  # noqa: E402

# how long an example takes says how busy the machine is, and nothing of the code
settings.register_profile("hub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make faults` and `make soak` say beyond `make test`."""
    group = parser.getgroup("faults", "faults put upon real servers and processes")
    group.addoption("--thorough", action="store_true", help="also what takes long: every fault, not only one case of each class")
    group.addoption("--soak-minutes", type=float, default=15, help="how long the soak lasts (default: 15)")
    group.addoption("--last-run", type=Path, metavar="FILE", help="write what the faults came to as a page")


def pytest_configure(config: pytest.Config) -> None:
    """Note what the faults came to, where asked for."""
    if (path := config.getoption("--last-run")) and not hasattr(config, "workerinput"):  # one of several workers has seen a part only
        config.pluginmanager.register(FaultReport(path))


def pytest_report_header() -> str:
    """What repeats this run."""
    return f"HUB_SEED={SEED}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the thorough cases to `make faults`: the summary counts them as deselected."""
    if not config.getoption("--thorough"):
        left = [item for item in items if item.get_closest_marker("thorough")]
        if left:
            config.hook.pytest_deselected(items=left)
            items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for the whole run; take `database` to have a place in it that nobody else writes to."""
    with stack.running_postgres() as server:
        yield server


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """The URL of a fresh database with every table."""
    with stack.fresh_database(postgres) as url:
        yield url


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """A broker for the whole run: tests use topics, groups and users of their own, and do not stop it."""
    with stack.brokers() as new_kafka:
        yield new_kafka()


@pytest.fixture
def bare_kafka(kafka: Kafka) -> Iterator[Kafka]:
    """The same broker without a topic on it, before and afterwards."""
    stack.delete_topics(kafka)
    yield kafka
    stack.delete_topics(kafka)


@pytest.fixture
def new_kafka() -> Iterator[stack.NewKafka]:
    """Brokers that a test may stop, kill or configure: `new_kafka(properties={...})`."""
    with stack.brokers() as new:
        yield new
