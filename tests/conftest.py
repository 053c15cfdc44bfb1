"""The servers that tests share: each worker of a test run starts its own, and only when a test asks for them."""

from collections.abc import Iterator

import pytest

from hub.local.kafka import Kafka
from hub.local.postgres import Postgres
from tests.support import stack


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
def new_kafka() -> Iterator[stack.NewKafka]:
    """Brokers that a test may stop, kill or configure: `new_kafka(properties={...})`."""
    with stack.brokers() as new:
        yield new
