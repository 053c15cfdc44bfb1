"""Kafka clients as a partner has them: with its own user and password, and no rights but those given."""

import time
from contextlib import closing
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType
from pydantic import SecretStr

from contracts.topics import ACTS
from hub.local.kafka import Kafka
from hub.operations import topic_plan
from hub.operations.act_ledger import Entry, fold
from hub.operations.cluster import Cluster, client_config
from hub.operations.records import reach, read
from hub.operations.topics import create
from hub.settings import Settings

SECONDS = 10.0


def settings_of(kafka: Kafka) -> Settings:
    """The settings of a hub that works on this broker."""
    return Settings(
        kafka_bootstrap=kafka.bootstrap, kafka_security="SASL_PLAINTEXT", kafka_user=kafka.user, kafka_password=SecretStr(kafka.password)
    )


def with_acts(settings: Settings) -> Settings:
    """The same, on a broker that has the topic of acts: without it no operator may do anything."""
    create(Cluster(settings), [topic_plan.of_catalogue(ACTS, ACTS.name, 1)], lambda _: None)
    return settings


def acts_of(settings: Settings) -> list[Entry]:
    """Every act on the broker, without what consumers made of it."""
    cluster = Cluster(settings)
    [part] = reach(cluster, ACTS.name)
    return fold(read(cluster, ACTS.name, {0: part.start}, {0: part.end}))


def configure(settings: Settings, topic: str, **config: str) -> None:
    """Set what a topic is configured with (`retention_ms="1000"`)."""
    cluster = Cluster(settings)
    entries = [ConfigEntry(key.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET) for key, value in config.items()]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    cluster.settle_all(cluster.admin.incremental_alter_configs([resource]), "configuring")


def environment_of(settings: Settings) -> dict[str, str]:
    """The same, as the command line reads them."""
    return {
        "HUB_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "HUB_KAFKA_SECURITY": settings.kafka_security,
        "HUB_KAFKA_USER": settings.kafka_user,
        "HUB_KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
    }


class PartnerClient:
    """What one user can do on the broker; every method returns the broker's refusal, or None where it was let."""

    def __init__(self, settings: Settings, user: str, password: str) -> None:
        told = settings.model_copy(update={"kafka_user": user, "kafka_password": SecretStr(password)})
        self._heard: list[KafkaError] = []
        self._config: dict[str, Any] = client_config(told) | {"error_cb": self._heard.append, "log_level": 0}
        self._open: Producer | None = None

    def write(self, topic: str, value: bytes = b"{}", *, idempotent: bool = True, **record: Any) -> str | None:
        """Send one record by a new producer."""
        producer = Producer(self._config | {"enable.idempotence": idempotent, "message.timeout.ms": 4_000})
        return self._send(producer, topic, value, **record)

    def write_again(self, topic: str, value: bytes = b"{}", **record: Any) -> str | None:
        """Send one record over a connection that stays open from call to call."""
        if self._open is None:
            self._open = Producer(self._config | {"message.timeout.ms": 4_000})
        return self._send(self._open, topic, value, **record)

    def read(self, topic: str, group: str, *, partition: int | None = None) -> str | list[bytes]:
        """Read what there is as a member of a group, or, given a partition, by offset; the refusal, or the values."""
        config = self._config | {"group.id": group, "auto.offset.reset": "earliest", "enable.partition.eof": True}
        with closing(Consumer(config)) as consumer:
            if partition is None:
                consumer.subscribe([topic])
            else:
                refused = consumer.list_topics(topic, SECONDS).topics[topic].error
                if refused is not None:  # not let to read means not let to describe: the client cannot even find the leader
                    return str(refused.name())
                consumer.assign([TopicPartition(topic, partition, 0)])
            return self._drain(consumer)

    def create(self, topic: str) -> str | None:
        """Make a topic."""
        admin = AdminClient(self._config)
        [future] = admin.create_topics([NewTopic(topic, 1, 1)], request_timeout=SECONDS).values()
        try:
            future.result(SECONDS)
        except KafkaException as error:
            return str(error.args[0].name())
        return None

    def topics(self) -> set[str]:
        """The topics that the broker shows this user."""
        return set(AdminClient(self._config).list_topics(timeout=SECONDS).topics)

    def is_let_in(self) -> bool:
        """Whether the broker accepts user and password."""
        admin = AdminClient(self._config)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            try:
                admin.list_topics(timeout=0.5)
            except KafkaException:
                admin.poll(0)
                if any(error.code() == KafkaError._AUTHENTICATION for error in self._heard):
                    return False
            else:
                return True
        raise AssertionError("the broker neither let the user in nor turned it away")

    def _send(self, producer: Producer, topic: str, value: bytes, **record: Any) -> str | None:
        answers: list[KafkaError | None] = []
        producer.produce(topic, value, on_delivery=lambda error, _: answers.append(error), **record)
        until = time.monotonic() + SECONDS
        while not answers and time.monotonic() < until:
            producer.poll(0.05)
        [error] = answers
        if error is None:
            return None
        return error.name()

    def _drain(self, consumer: Consumer) -> str | list[bytes]:
        values: list[bytes] = []
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            message = consumer.poll(0.2)
            if message is None:
                continue
            error = message.error()
            if error is None:
                values.append(message.value() or b"")
            elif error.code() == KafkaError._PARTITION_EOF:
                return values
            else:
                return error.name()
        raise AssertionError("the broker neither gave records nor refused them")
