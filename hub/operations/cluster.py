"""Reach the Kafka cluster as an operator, and say in plain words where it cannot be reached.

Every call blocks, for some seconds at most: from an event loop, run it in a thread.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import cached_property
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata  # its public name is not exported to type checkers

from hub.errors import HubError, InputError, Unavailable
from hub.settings import Settings

K = TypeVar("K")
T = TypeVar("T")

FIRST_ANSWER_SECONDS = 5
REQUEST_SECONDS = 15.0

_UNREACHABLE = {
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TIMED_OUT,
    KafkaError._AUTHENTICATION,
    KafkaError._RESOLVE,
    KafkaError._SSL,
}
_ATTEMPTS = 50
_COORDINATOR_COMING = {KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS}
_NOT_ALLOWED = {KafkaError.CLUSTER_AUTHORIZATION_FAILED, KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED}


def client_config(settings: Settings) -> dict[str, Any]:
    """What every librdkafka client of ours is made from."""
    config: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_bootstrap,
        "security.protocol": settings.kafka_security,
        "client.id": "hub-operations",
        "socket.timeout.ms": 10_000,
        "socket.connection.setup.timeout.ms": 5_000,
        "reconnect.backoff.max.ms": 1_000,
    }
    if settings.kafka_security != "PLAINTEXT":
        config |= {
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": settings.kafka_user,
            "sasl.password": settings.kafka_password.get_secret_value(),
        }
    if settings.kafka_ca_file:
        config["ssl.ca.location"] = settings.kafka_ca_file
    return config


class Cluster:
    """The cluster that the settings name; its clients are made when first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._heard = ""
        self._is_refused = False

    @cached_property
    def admin(self) -> AdminClient:
        """The admin client; its first use waits for an answer, so that a broker that is not there is told apart early."""
        if self.settings.kafka_security != "PLAINTEXT" and not self.settings.kafka_password.get_secret_value():
            raise InputError("HUB_KAFKA_PASSWORD", "the password of the broker's user, or a hub that is up on this machine (hub up)")
        admin = AdminClient(self._config(), logger=_silent())
        for _ in range(FIRST_ANSWER_SECONDS):
            try:
                admin.list_topics(timeout=1)
            except KafkaException as error:
                admin.poll(0)  # serves the callback that hears why
                if self._is_refused:
                    break
                failure = error
            else:
                return admin
        raise self.unavailable(self._heard or failure.args[0].str())

    def consumer(self) -> Consumer:
        """A consumer that reads assigned partitions only; it joins no group and commits nothing."""
        return Consumer(
            self._config()
            | {
                "group.id": "hub.operations",  # librdkafka insists on one
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": 100,
            },
            logger=_silent(),
        )

    def producer(self) -> Producer:
        """An idempotent producer that gives up within the time of a request."""
        return Producer(
            self._config() | {"enable.idempotence": True, "message.timeout.ms": int(REQUEST_SECONDS * 1000)},
            logger=_silent(),
        )

    def metadata(self) -> ClusterMetadata:
        """Brokers, topics and partitions as they are now."""
        admin = self.admin
        return self.ask(lambda: admin.list_topics(timeout=REQUEST_SECONDS), "listing topics")

    def members(self, group: str) -> int:
        """How many processes are members of a consumer group now."""
        for _ in range(_ATTEMPTS):
            [asked] = self.admin.describe_consumer_groups([group], request_timeout=REQUEST_SECONDS).values()
            try:
                return len(asked.result(REQUEST_SECONDS + 5).members)
            except KafkaException as error:
                if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                    return 0
                if error.args[0].code() not in _COORDINATOR_COMING:
                    raise self.explain(error.args[0], f"looking at group {group}") from None
                time.sleep(0.2)
        raise self.unavailable(f"nobody coordinates the group {group} yet, try again")

    def settle(self, future: Future[T] | dict[Any, Future[T]], doing: str) -> T:
        """The answer to an admin request; raises Unavailable or HubError that say what was being done."""
        if isinstance(future, dict):  # what some calls answer is typed as one or the other
            [future] = future.values()
        only = future
        return self.ask(lambda: only.result(REQUEST_SECONDS + 5), doing)

    def settle_all(self, futures: Mapping[K, Future[T]], doing: str) -> dict[K, T]:
        """The answers to a request about several things; the first failure is raised."""
        return {key: self.settle(future, f"{doing} {key}") for key, future in futures.items()}

    def ask(self, call: Callable[[], T], doing: str) -> T:
        """Make a call, its failures put in plain words."""
        try:
            return call()
        except KafkaException as error:
            raise self.explain(error.args[0], doing) from None
        except TimeoutError:
            raise self.unavailable(f"no answer while {doing}") from None

    def explain(self, error: KafkaError, doing: str) -> HubError:
        """The error that a person can act on."""
        if error.code() in _UNREACHABLE:
            return self.unavailable(self._heard or error.str())
        if error.code() == KafkaError.SECURITY_DISABLED:
            return HubError(f"{doing}: the broker at {self.settings.kafka_bootstrap} has no authorizer, everybody may do everything")
        if error.code() in _NOT_ALLOWED:
            return HubError(
                f"{doing}: the broker does not allow this to user {self.settings.kafka_user} (docs/partners.md, the hub's own user)"
            )
        return HubError(f"{doing}: {error.str()}")

    def unavailable(self, why: str) -> Unavailable:
        """The error that names the cluster, and what is known of why it does not answer."""
        who = "" if self.settings.kafka_security == "PLAINTEXT" else f" as user {self.settings.kafka_user}"
        return Unavailable(f"Kafka at {self.settings.kafka_bootstrap} ({self.settings.kafka_security}{who}) does not answer: {why}")

    def _config(self) -> dict[str, Any]:
        return client_config(self.settings) | {"error_cb": self._hear}

    def _hear(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # it follows the error that says why
            self._heard = error.str()
        if error.code() == KafkaError._AUTHENTICATION:
            self._is_refused = True  # waiting would not make the password right


def made_by_people(topics: Iterable[str]) -> list[str]:
    """The topics without Kafka's own, sorted."""
    return sorted(topic for topic in topics if not topic.startswith("__"))


def _silent() -> logging.Logger:
    logger = logging.getLogger("hub.operations.librdkafka")
    logger.propagate = False  # what it has to say reaches the person as one error
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger
