"""Tell what a topic is: partitions, offsets, size, configuration, who may write and read."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
)

from contracts.topics import find
from hub.errors import HubError, InputError
from hub.operations.cluster import REQUEST_SECONDS, Cluster
from hub.operations.requests import sizes
from hub.operations.topic_plan import Existing
from hub.operations.topics import survey
from hub.settings import Settings

_ATTEMPTS = 50
_SETTLING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.FENCED_LEADER_EPOCH,
}
"""What brokers say of partitions that were made, or moved, a moment ago."""

SHOWN_CONFIG = ("cleanup.policy", "retention.ms", "min.insync.replicas", "max.message.bytes", "message.timestamp.type")


@dataclass(frozen=True, slots=True)
class Reach:
    """The offsets of one partition: that of the first record kept, and the one after the last."""

    partition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Facts:
    """One topic; `bytes_on_disk` counts every replica, `records` the offsets, of which compaction may have taken some."""

    name: str
    carries: str
    owner: str
    key: str
    partitions: tuple[Reach, ...]
    replication: int
    records: int
    bytes_on_disk: int
    config: dict[str, str]
    writers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()


def facts(settings: Settings) -> list[Facts]:
    """Every topic on the cluster, sorted by name; who may write and read is told of a single topic only (`fact`)."""
    cluster = Cluster(settings)
    existing, _ = survey(cluster)
    return _facts(cluster, existing)


def fact(settings: Settings, name: str) -> Facts:
    """One topic, and who may write and read it; raises InputError where there is none of that name."""
    cluster = Cluster(settings)
    existing, _ = survey(cluster)
    if name not in {topic.name for topic in existing}:
        raise InputError("topic", "a topic on the cluster (hub topics list)", name)
    [found] = _facts(cluster, [topic for topic in existing if topic.name == name])
    return replace(found, writers=allowed(cluster, name, AclOperation.WRITE), readers=allowed(cluster, name, AclOperation.READ))


def _facts(cluster: Cluster, existing: list[Existing]) -> list[Facts]:
    reach = reaches(cluster, {topic.name: topic.partitions for topic in existing})
    size = sizes(cluster.settings)
    return [_fact(topic, reach[topic.name], size.get(topic.name, 0)) for topic in existing]


def _fact(topic: Existing, reach: tuple[Reach, ...], size: int) -> Facts:
    known = find(topic.name)
    return Facts(
        topic.name,
        known.carries if known else "not in the catalogue",
        known.principal(topic.name) if known else "",
        known.key if known else "",
        reach,
        topic.replication,
        sum(part.end - part.start for part in reach),
        size,
        {key: topic.config[key] for key in SHOWN_CONFIG if key in topic.config},
    )


def reaches(cluster: Cluster, partitions: dict[str, int]) -> dict[str, tuple[Reach, ...]]:
    """The offsets of every partition of topics, given the number of each topic's partitions."""
    places = [TopicPartition(name, number) for name, count in partitions.items() for number in range(count)]
    if not places:
        return {}
    starts = _offsets(cluster, places, OffsetSpec.earliest())
    ends = _offsets(cluster, places, OffsetSpec.latest())
    return {name: tuple(Reach(at, starts[name, at], ends[name, at]) for at in range(count)) for name, count in partitions.items()}


def allowed(cluster: Cluster, topic: str, operation: AclOperation) -> tuple[str, ...]:
    """Who may do this with a topic beside super users, as far as the broker tells."""
    anybody: Any = None
    asked = AclBindingFilter(
        ResourceType.TOPIC, topic, ResourcePatternType.MATCH, anybody, anybody, AclOperation.ANY, AclPermissionType.ANY
    )
    try:
        bindings: list[AclBinding] = cluster.admin.describe_acls(asked, request_timeout=REQUEST_SECONDS).result(REQUEST_SECONDS + 5)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.SECURITY_DISABLED:
            return ("everybody (the broker has no authorizer)",)
        raise cluster.explain(error.args[0], f"reading who may use {topic}") from None
    return _principals(bindings, operation)


def _principals(bindings: Iterable[AclBinding], operation: AclOperation) -> tuple[str, ...]:
    asked = [binding for binding in bindings if binding.operation in (operation, AclOperation.ALL)]
    denied = {binding.principal for binding in asked if binding.permission_type is AclPermissionType.DENY}
    return tuple(sorted({binding.principal.removeprefix("User:") for binding in asked if binding.principal not in denied}))


def _offsets(cluster: Cluster, places: list[TopicPartition], spec: OffsetSpec) -> dict[tuple[str, int], int]:
    for _ in range(_ATTEMPTS):
        answers = cluster.admin.list_offsets(dict.fromkeys(places, spec), request_timeout=REQUEST_SECONDS)
        try:
            return {(place.topic, place.partition): future.result(REQUEST_SECONDS + 5).offset for place, future in answers.items()}
        except KafkaException as error:
            if error.args[0].code() not in _SETTLING:
                raise cluster.explain(error.args[0], "reading offsets") from None
            time.sleep(0.1)
            cluster.metadata()
    raise HubError("reading offsets: the leaders of partitions keep changing, try again")
