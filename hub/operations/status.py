"""How the hub is doing: how far behind each consumer is, what waits, what is dead; what is still to be told to others and to people."""

import asyncio
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from hub.consumers import CONSUMERS
from hub.errors import HubError
from hub.operations.cluster import Cluster, made_by_people
from hub.operations.remains import Tail, tails, without_records
from hub.operations.topic_facts import Reach, reaches
from hub.settings import Settings
from hub.state import counts
from hub.state.offsets import EVERY


@dataclass(slots=True)
class Behind:
    """One consumer: `lag` in records, `since` the moment of its last step while it lags.

    `halted` are partitions that stopped by themselves, each with why, since when and where it goes on; `paused` is what an
    operator told to wait, an empty topic and partition None standing for all.
    """

    consumer: str
    partitions: int = 0
    lag: int = 0
    since: datetime | None = None
    waiting: dict[str, int] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    holes: int = 0
    unclaimed: list[str] = field(default_factory=list)
    halted: list[dict[str, Any]] = field(default_factory=list)
    paused: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Status:
    """The whole hub at one moment.

    `held` are pauses of whoever is no consumer: couriers, after a restore or by an operator's word. `due` counts messages to
    people whose time has come, `unknown` those of which nobody knows whether they arrived, `braked` providers and campaigns
    that stand still.
    """

    at: datetime
    kafka: str
    consumers: list[Behind]
    unsent: int
    set_aside: int
    oldest_unsent: datetime | None
    timers_overdue: int
    oldest_overdue: datetime | None
    held: list[dict[str, Any]]
    due: int
    oldest_due: datetime | None
    unknown: int
    braked: int

    @property
    def is_calm(self) -> bool:
        """Whether everything said so far has been folded and told."""
        return self.unsent == self.set_aside and all(c.lag == 0 and not c.unclaimed for c in self.consumers)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "is_calm": self.is_calm}


async def status(settings: Settings) -> Status:
    """Ask broker and store; raises HubError naming the one that does not answer."""
    cluster = Cluster(settings)
    ends = await asyncio.to_thread(_ends, cluster)
    rows = await store_counts(settings)
    offsets = {(r["consumer"], r["topic"], r["partition"]): r for r in rows["offsets"] if r["cluster_id"] == ends.cluster_id}
    empty = await _empty(cluster, ends, offsets.values())
    consumers = {name: _behind(name, ends.topics, offsets, empty) for name in CONSUMERS}
    for row in rows["waiting"]:
        if row["consumer"] in consumers:
            consumers[row["consumer"]].waiting[row["hold"]] = row["count"]
    for row in rows["dead"]:
        if row["consumer"] in consumers:
            consumers[row["consumer"]].dead[row["reason"]] = row["count"]
    held = []
    for row in rows["pauses"]:
        told = {name: row[name] for name in ("topic", "who", "why", "since")}
        if row["consumer"] in consumers:
            consumers[row["consumer"]].paused.append({**told, "partition": None if row["partition"] == EVERY else row["partition"]})
        else:
            held.append({"process": row["consumer"], **told})
    outbox, timers, deliveries = rows["outbox"][0], rows["timers"][0], rows["deliveries"][0]
    return Status(
        datetime.now(UTC),
        settings.kafka_bootstrap,
        list(consumers.values()),
        unsent=outbox["unsent"],
        set_aside=outbox["aside"],
        oldest_unsent=outbox["oldest"],
        timers_overdue=timers["overdue"],
        oldest_overdue=timers["oldest"],
        held=held,
        due=deliveries["due"],
        oldest_due=deliveries["oldest"],
        unknown=deliveries["unknown"],
        braked=deliveries["braked"],
    )


async def _empty(cluster: Cluster, ends: "_Ends", rows: Iterable[Mapping[str, Any]]) -> set[Tail]:
    """Where a consumer is behind the end of the log, and nothing is left to be read."""
    last = {(topic, part.partition): part.end for topic, reach in ends.topics.items() for part in reach}
    standing = [(Tail(r["topic"], r["partition"], r["next_offset"]), r["moved_at"]) for r in rows if r["next_offset"] >= 0]
    found = tails((tail, last.get((tail.topic, tail.partition), 0), moved_at) for tail, moved_at in standing)
    return await asyncio.to_thread(without_records, cluster, found) if found else set()


def _behind(
    name: str, topics: Mapping[str, Sequence[Reach]], offsets: Mapping[tuple[str, str, int], Mapping[str, Any]], empty: Collection[Tail]
) -> Behind:
    behind, pattern = Behind(name), re.compile(CONSUMERS[name].pattern)
    for topic, reach in topics.items():
        if not pattern.match(topic):
            continue
        for part in reach:
            row = offsets.get((name, topic, part.partition))
            behind.partitions += 1
            if row is None or row["next_offset"] < 0:
                behind.lag += part.end - part.start
                if part.end > part.start:
                    behind.unclaimed.append(f"{topic}[{part.partition}]")
                continue
            behind.holes += row["holes"]
            if row["halted"] is not None:
                place = {"topic": topic, "partition": part.partition, "next_offset": row["next_offset"]}
                behind.halted.append({**place, "reason": row["halted"], "since": row["halted_at"]})
            lag = part.end - row["next_offset"]
            if lag > 0 and Tail(topic, part.partition, row["next_offset"]) not in empty:
                behind.lag += lag
                behind.since = min(filter(None, (behind.since, row["moved_at"])))
    return behind


async def caught_up(settings: Settings, *, within: float = 120.0) -> Status:
    """Wait until everything said so far is folded and told; raises HubError with what is left when the time is over."""
    deadline = monotonic() + within
    while True:
        found = await status(settings)
        if found.is_calm:
            return found
        if monotonic() > deadline:
            left = ", ".join(_left(c) for c in found.consumers if c.lag) or f"{found.unsent} events unsent"
            raise HubError(f"not caught up after {within:.0f} s: {left}")
        await asyncio.sleep(0.3)


def _left(behind: Behind) -> str:
    still = [word for word, held in (("halted", behind.halted), ("paused", behind.paused)) if held]
    standing = f" ({', '.join(still)})" if still else ""
    return f"{behind.consumer} {behind.lag} records behind{standing}"


async def store_counts(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """The store's part of the status."""
    try:
        return await counts.status(settings.database_url.get_secret_value())
    except (OSError, TimeoutError) as error:
        raise HubError(f"PostgreSQL does not answer: {error}") from None


@dataclass(slots=True)
class _Ends:
    cluster_id: str
    topics: Mapping[str, Sequence[Reach]]


def _ends(cluster: Cluster) -> _Ends:
    metadata = cluster.metadata()
    names = [name for name in made_by_people(metadata.topics) if any(re.match(c.pattern, name) for c in CONSUMERS.values())]
    return _Ends(str(metadata.cluster_id), reaches(cluster, {name: len(metadata.topics[name].partitions) for name in names}))
