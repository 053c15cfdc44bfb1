"""Wait until a broker answers its user: a port that is open, or a line in a log, comes too early."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from hub.errors import HubError, Unavailable
from hub.local.ports import is_listened_on

REFUSALS_ARE_FINAL_SECONDS = 5.0


def wait_until_ready(port: int, client: Mapping[str, str], is_running: Callable[[], bool], patience: float) -> bool:
    """Wait for an authenticated answer that names a leader for every partition; False when the broker ended instead.

    Raises Unavailable after `patience` seconds, HubError when the broker knows the user by another password.
    """
    deadline = time.monotonic() + patience
    while not is_listened_on(port):
        if not is_running():
            return False
        if time.monotonic() > deadline:
            raise Unavailable(f"Kafka does not listen on port {port} after {patience:.0f} s")
        time.sleep(0.02)
    return _wait_for_answer(client, is_running, deadline)


def _wait_for_answer(client: Mapping[str, str], is_running: Callable[[], bool], deadline: float) -> bool:
    # Slow to import, and `hub --help` must be quick.
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient

    failures: list[KafkaError] = []
    config: dict[str, Any] = {**client, "error_cb": failures.append, "reconnect.backoff.max.ms": 200}
    admin = AdminClient(config, logger=_silent())
    refused_until = time.monotonic() + REFUSALS_ARE_FINAL_SECONDS  # a broker that starts may listen before it has read its users
    while is_running():
        try:
            topics = admin.list_topics(timeout=1).topics.values()
            if all(partition.leader >= 0 for topic in topics for partition in topic.partitions.values()):
                return True
            time.sleep(0.02)
        except KafkaException:
            admin.poll(0)  # serves the callback that hears why
        now = time.monotonic()
        if now > refused_until and any(failure.code() == KafkaError._AUTHENTICATION for failure in failures):
            raise HubError(
                f"Kafka knows user {client['sasl.username']} by another password than this one; was its data made by another start?"
            )
        if now > deadline:
            raise Unavailable(
                f"Kafka at {client['bootstrap.servers']} does not answer: {failures[-1].str() if failures else 'partitions without leader'}"
            )
    return False


def _silent() -> logging.Logger:
    logger = logging.getLogger("hub.local.librdkafka")
    logger.propagate = False  # refused connections are what waiting looks like
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger
