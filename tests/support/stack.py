"""Kafka brokers and PostgreSQL servers for tests, and databases that cost a copy."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from confluent_kafka.admin import AdminClient

from hub.local.folders import scratch
from hub.local.kafka import Kafka
from hub.local.postgres import Postgres
from hub.state import migrations

TEMPLATE = "hub_template"
NewKafka = Callable[..., Kafka]


@contextmanager
def running_postgres(**settings: str) -> Iterator[Postgres]:
    """A server of its own, with a template database that has every table; it would not survive a power cut."""
    with scratch() as folder:
        server = Postgres(folder / "postgres", password=secrets.token_urlsafe(12), durable=False, settings=settings)
        server.start()
        try:
            migrations.upgrade(server.create_database(TEMPLATE))
            yield server
        finally:
            server.stop("immediate")


@contextmanager
def fresh_database(server: Postgres) -> Iterator[str]:
    """The URL of an empty database with every table, dropped afterwards."""
    name = f"hub_{secrets.token_hex(6)}"
    yield server.create_database(name, TEMPLATE)
    server.drop_database(name)


@contextmanager
def brokers() -> Iterator[NewKafka]:
    """Start brokers on demand, `new_kafka(properties={...})`; whatever the test left of them is killed in the end."""
    started: list[Kafka] = []
    with scratch() as folder:

        def new_kafka(**options: object) -> Kafka:
            broker = Kafka(folder / f"kafka-{len(started)}", password=secrets.token_urlsafe(12), **options)  # type: ignore[arg-type]
            started.append(broker)
            broker.start()
            return broker

        try:
            yield new_kafka
        finally:
            for broker in started:
                broker.kill()


def delete_topics(kafka: Kafka) -> None:
    """Take away every topic of a broker but Kafka's own."""
    admin = AdminClient(kafka.client_config() | {"log_level": 0})
    names = [name for name in admin.list_topics(timeout=10).topics if not name.startswith("__")]
    for deleted in admin.delete_topics(names).values() if names else ():
        deleted.result(20)
