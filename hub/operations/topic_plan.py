"""Decide what separates the topics on a cluster from those of the catalogue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from contracts.topics import CATALOGUE, Topic, find

FOREVER = -1
REPLICAS_WORTH_A_MINIMUM = 3  # with two, a minimum above one would stop writers whenever a broker is away


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic as the catalogue wants it."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Existing:
    """A topic as it is; `config` holds what was set on the topic itself or holds by default."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One difference: what would change, and what would be lost by it.

    `needs` names the flag without which it is refused; `impossible` steps are refused whatever the flags.
    """

    topic: str
    what: str  # create, partitions, replication or the name of a configuration
    was: str
    becomes: str
    loses: str = ""
    needs: str = ""
    impossible: bool = False
    creates: Wanted | None = None

    def is_allowed(self, flags: Iterable[str]) -> bool:
        """Whether it may be applied with these flags given."""
        return not self.impossible and (not self.needs or self.needs in flags)


@dataclass(frozen=True, slots=True)
class Plan:
    """All differences, and the topics that the catalogue does not know: shown, never touched."""

    steps: tuple[Step, ...]
    unknown: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the cluster is as the catalogue wants it."""
        return not self.steps


SHRINK_RETENTION = "--shrink-retention"
GROW_PARTITIONS = "--grow-partitions"


def partners(topics: Iterable[str], users: Iterable[str] = ()) -> dict[str, list[str]]:
    """The ids of the partners that exist, by kind: those that have a topic or a user of their own."""
    found: dict[str, set[str]] = {topic.name.split(".")[0]: set() for topic in CATALOGUE if topic.is_per_partner}
    for name in topics:
        topic = find(name)
        if topic is not None and topic.is_per_partner:
            found[name.split(".")[0]].add(name.split(".")[1])
    for user in users:
        kind, _, partner = user.partition(".")
        if kind in found and partner:
            found[kind].add(partner)
    return {kind: sorted(ids) for kind, ids in found.items()}


def wanted(known: Mapping[str, Iterable[str]], replication: int) -> list[Wanted]:
    """Every topic of the catalogue, those of partners once for each that exists."""
    return [
        of_catalogue(topic, name, replication)
        for topic in CATALOGUE
        for name in ([topic.of(partner) for partner in known.get(topic.name.split(".")[0], ())] if topic.is_per_partner else [topic.name])
    ]


def of_catalogue(topic: Topic, name: str, replication: int) -> Wanted:
    """One topic of the catalogue under its full name."""
    config = {
        "cleanup.policy": "compact" if topic.is_compacted else "delete",
        "message.timestamp.type": "LogAppendTime",  # the broker's clock judges what comes from the future, not the sender's
        "retention.ms": str(FOREVER if topic.retention is None else topic.retention // timedelta(milliseconds=1)),
    }
    if replication >= REPLICAS_WORTH_A_MINIMUM:
        config["min.insync.replicas"] = str(replication // 2 + 1)  # a minority of brokers may be away without stopping writers
    return Wanted(name, topic.partitions, replication, config)


def plan(wanted: Iterable[Wanted], existing: Iterable[Existing]) -> Plan:
    """What to do so that every wanted topic is there as wanted; sorted by topic."""
    there = {topic.name: topic for topic in existing}
    steps: list[Step] = []
    known: set[str] = set()
    for want in sorted(wanted, key=lambda topic: topic.name):
        known.add(want.name)
        have = there.get(want.name)
        if have is None:
            steps.append(Step(want.name, "create", "", _words(want), creates=want))
        else:
            steps.extend(_shape(want, have))
            steps.extend(_configuration(want, have))
    return Plan(tuple(steps), tuple(sorted(there.keys() - known)))


def _shape(want: Wanted, have: Existing) -> Iterable[Step]:
    if want.partitions > have.partitions:
        loses = "the order of keys: a key's later records go to another partition than its earlier ones"
        yield Step(want.name, "partitions", str(have.partitions), str(want.partitions), loses, needs=GROW_PARTITIONS)
    elif want.partitions < have.partitions:
        loses = "Kafka cannot take partitions away: make another topic and move its readers"
        yield Step(want.name, "partitions", str(have.partitions), str(want.partitions), loses, impossible=True)
    if want.replication != have.replication:
        loses = "replicas are moved by kafka-reassign-partitions, broker by broker"
        yield Step(want.name, "replication", str(have.replication), str(want.replication), loses, impossible=True)


def _configuration(want: Wanted, have: Existing) -> Iterable[Step]:
    for key, value in want.config.items():
        was = have.config.get(key, "")
        if was == value:
            continue
        loses = _loss(key, was, value)
        yield Step(want.name, key, was, value, loses, needs=SHRINK_RETENTION if loses else "")


def _loss(key: str, was: str, becomes: str) -> str:
    if key == "retention.ms" and was and _milliseconds(was) > _milliseconds(becomes):
        return f"every record older than {period(becomes)} (kept until now: {period(was)})"
    if key == "cleanup.policy" and "compact" in becomes and "compact" not in was:
        return "every record but the last of each key"
    if key == "cleanup.policy" and "delete" in becomes and "delete" not in was:
        return "every record older than the topic's retention"
    return ""


def _milliseconds(text: str) -> float:
    return float("inf") if int(text) < 0 else int(text)


def period(milliseconds: str) -> str:
    """A retention in words: `90 days`, `for ever`."""
    if int(milliseconds) < 0:
        return "for ever"
    span = timedelta(milliseconds=int(milliseconds))
    return f"{span.days} days" if span.days and not span.seconds else str(span)


def _words(want: Wanted) -> str:
    shown = [f"partitions {want.partitions}", f"replicas {want.replication}", f"kept {period(want.config['retention.ms'])}"]
    if want.config["cleanup.policy"] == "compact":
        shown.append("compacted")
    if "min.insync.replicas" in want.config:
        shown.append(f"min.insync.replicas {want.config['min.insync.replicas']}")
    return ", ".join(shown)
