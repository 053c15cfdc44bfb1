"""Real servers and real processes, and everything on them taken away after each test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.local.kafka import Kafka
from hub.local.ports import free_port
from hub.local.postgres import Postgres
from tests.support import stack
from tests.support.aftermath import assert_sound
from tests.support.database import Database
from tests.support.dealing import DEALER
from tests.support.processes import Crew
from tests.support.proxy import Proxy, is_produce, second_listener
from tests.support.scene import HUB_TOPICS, Scene

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder is one of faults."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.faults)


@contextmanager
def set_scene(kafka: Kafka, url: str, folder: Path, *, has_base_data: bool = True) -> Iterator[Scene]:
    """Topics, base data and one dealer; the aftermath must be sound, and nothing runs on."""
    with Database(url) as database:
        crew = Crew(folder, Scene.environment(kafka, url))
        scene = Scene(kafka, database, crew)
        try:
            scene.make_topics(*HUB_TOPICS)
            scene.add_dealer(DEALER)
            if has_base_data:
                scene.lay_down_base_data()
            database.bear_witness()
            yield scene
            assert_sound(scene)
        finally:
            crew.end()
            print(crew.logs())  # noqa: T201 - pytest shows it where a test failed


@pytest.fixture
def scene(bare_kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    """A scene on the shared broker."""
    with set_scene(bare_kafka, database, tmp_path) as ready:
        yield ready


@pytest.fixture
def bare_scene(bare_kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    """A scene in which nobody has laid down base data yet."""
    with set_scene(bare_kafka, database, tmp_path, has_base_data=False) as ready:
        yield ready


@pytest.fixture
def own_broker(new_kafka: stack.NewKafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    """A scene on a broker that the test may stop and kill."""
    with set_scene(new_kafka(), database, tmp_path) as ready:
        yield ready


@pytest.fixture
def bare_own_broker(new_kafka: stack.NewKafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    """The same, in which nobody has laid down base data yet."""
    with set_scene(new_kafka(), database, tmp_path, has_base_data=False) as ready:
        yield ready


@pytest.fixture
def behind_a_line(new_kafka: stack.NewKafka, database: str, tmp_path: Path) -> Iterator[tuple[Scene, Proxy]]:
    """A scene whose processes may be told to reach the broker by a line of their own (`kafka_bootstrap=line.bootstrap`)."""
    outer, inner, controller = free_port(), free_port(), free_port()
    with Proxy(inner, is_produce) as line:
        kafka = new_kafka(port=outer, properties=second_listener(outer, inner, controller, line.port))
        with set_scene(kafka, database, tmp_path) as ready:
            yield ready, line


@pytest.fixture
def own_database(bare_kafka: Kafka, own_postgres: Postgres, tmp_path: Path) -> Iterator[Scene]:
    """A scene on a database server that the test may stop and kill."""
    with stack.fresh_database(own_postgres) as url, set_scene(bare_kafka, url, tmp_path) as ready:
        yield ready


@pytest.fixture
def bare_own_database(bare_kafka: Kafka, own_postgres: Postgres, tmp_path: Path) -> Iterator[Scene]:
    """The same, in which nobody has laid down base data yet."""
    with stack.fresh_database(own_postgres) as url, set_scene(bare_kafka, url, tmp_path, has_base_data=False) as ready:
        yield ready


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A database server that the test may stop and kill: what it has committed it keeps, if not over a power cut."""
    with stack.running_postgres(synchronous_commit="on") as server:
        yield server
