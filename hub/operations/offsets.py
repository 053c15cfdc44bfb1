"""Show how far each partition is folded, and set from where a consumer goes on."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from confluent_kafka import TopicPartition

from hub.consumers import CONSUMERS
from hub.errors import InputError
from hub.operations.acts import Operator
from hub.operations.cluster import REQUEST_SECONDS, Cluster
from hub.operations.places import store
from hub.operations.remains import Tail, tails, without_records
from hub.operations.replay import moment
from hub.operations.topic_facts import Reach, reaches
from hub.settings import Settings
from hub.state import steering
from hub.state.steering import Move, Pause, Scope, Standing

EARLIEST, LATEST = "earliest", "latest"
_AT_ONCE = 100  # what one record on hub.acts can tell of
_NEVER = -1


class Place(NamedTuple):
    """One partition as consumer and broker see it; `next_offset` and what follows is None where it was never claimed."""

    consumer: str
    topic: str
    partition: int
    next_offset: int | None
    epoch: int | None
    owner: str | None
    holes: int
    moved_at: datetime | None
    log_start: int
    log_end: int
    halted: str | None
    halted_at: datetime | None
    paused: bool
    has_no_records: bool = False

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]"

    @property
    def stands_still(self) -> bool:
        """Whether nobody folds it now."""
        return self.halted is not None or self.paused

    @property
    def lag(self) -> int:
        """How many offsets the log is ahead, none where no record is among them; below zero where the store is."""
        return 0 if self.has_no_records else self.log_end - (self.log_start if self.next_offset is None else self.next_offset)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {**self._asdict(), "lag": self.lag}


class Change(NamedTuple):
    """What setting one partition's next offset comes to: so many offsets skipped, which nobody folds, or read again."""

    place: Place
    becomes: int
    skipped: int = 0
    repeated: int = 0
    refused: str = ""
    is_set: bool = False

    @property
    def was(self) -> int:
        """Where it stood; -1 where it was never folded."""
        return _NEVER if self.place.next_offset is None else self.place.next_offset

    def __str__(self) -> str:
        return f"{self.place} {self.was} → {self.becomes}"


async def show(settings: Settings, scopes: Sequence[Scope]) -> list[Place]:
    """Every partition in these scopes that is on the broker, by consumer, topic and number."""
    cluster = Cluster(settings)
    found, cluster_id = await asyncio.to_thread(_on_broker, cluster, scopes)
    async with store(settings) as connection:
        pauses = await steering.pauses(connection)
        rows = {scope: await steering.standings(connection, scope, cluster_id) for scope in scopes}
    places = [place for scope in scopes for place in _places(scope, found, rows[scope], pauses)]
    standing = [
        (Tail(p.topic, p.partition, p.next_offset), p.log_end, p.moved_at) for p in places if p.next_offset is not None and p.moved_at
    ]
    empty = await asyncio.to_thread(without_records, cluster, tails(standing))
    return [place._replace(has_no_records=(place.topic, place.partition, place.next_offset) in empty) for place in places]


def _on_broker(cluster: Cluster, scopes: Sequence[Scope]) -> tuple[dict[str, tuple[Reach, ...]], str]:
    metadata = cluster.metadata()
    wanted = {
        name: len(told.partitions)
        for name, told in metadata.topics.items()
        if any(scope.topic in {"", name} and CONSUMERS[scope.consumer].topic(name) is not None for scope in scopes)
    }
    return reaches(cluster, wanted), str(metadata.cluster_id)


def _places(scope: Scope, found: Mapping[str, Sequence[Reach]], rows: Sequence[Standing], pauses: Sequence[Pause]) -> list[Place]:
    known = {(row.topic, row.partition): row for row in rows}
    ours = [pause.scope for pause in pauses if pause.scope.consumer == scope.consumer]
    places = []
    for topic, reach in sorted(found.items()):
        for part in reach if CONSUMERS[scope.consumer].topic(topic) is not None else ():
            if not scope.covers(topic, part.partition):
                continue
            row = known.get((topic, part.partition))
            paused = steering.is_paused(ours, topic, part.partition)
            ends = part.start, part.end
            if row is None:
                places.append(Place(scope.consumer, topic, part.partition, None, None, None, 0, None, *ends, None, None, paused))
            else:
                start = None if row.next_offset < 0 else row.next_offset
                told = start, row.epoch, row.owner, row.holes, row.moved_at
                places.append(Place(scope.consumer, topic, part.partition, *told, *ends, row.halted, row.halted_at, paused))
    return places


async def plan(settings: Settings, scope: Scope, to: str) -> list[Change]:
    """What setting the next offsets in a scope would come to; nothing is changed.

    A partition may be set while no process of the consumer is a member of its group, or while it stands still: halted or
    paused. Else a process would go on folding in the same moment. Raises InputError where there is no such place or offset.
    """
    places = await show(settings, [scope])
    if not places:
        raise InputError("TOPIC[:PARTITION]", "a partition on the broker (hub offsets show)", str(scope))
    cluster = Cluster(settings)
    targets, members = await asyncio.to_thread(_targets, cluster, places, to), await asyncio.to_thread(cluster.members, scope.consumer)
    return [_change(place, targets[place.topic, place.partition], members) for place in places]


def _change(place: Place, becomes: int, members: int) -> Change:
    start = place.log_start if place.next_offset is None else place.next_offset
    stands_still = place.halted is not None or place.paused
    refused = (
        "" if stands_still or not members else f"{members} processes of {place.consumer} are at work, and it is neither paused nor halted"
    )
    # what lies outside of the log can be neither read nor skipped
    within = min(max(start, place.log_start), place.log_end)
    return Change(place, becomes, max(0, becomes - within), max(0, within - becomes), refused)


def _targets(cluster: Cluster, places: Sequence[Place], to: str) -> dict[tuple[str, int], int]:
    if to in {EARLIEST, LATEST}:
        return {(place.topic, place.partition): place.log_start if to == EARLIEST else place.log_end for place in places}
    if to.isascii() and to.isdigit():
        wanted = int(to)
        for place in places:
            if not place.log_start <= wanted <= place.log_end:
                raise InputError("--to", f"an offset of {place} from {place.log_start} to {place.log_end}", wanted)
        return {(place.topic, place.partition): wanted for place in places}
    at = moment(to, "--to") if to else None
    if at is None:
        raise InputError("--to", "earliest, latest, an offset, or a moment such as 2026-03-02T12:00:00Z", to or None)
    return _at(cluster, places, at)


def _at(cluster: Cluster, places: Sequence[Place], at: datetime) -> dict[tuple[str, int], int]:
    asked = [TopicPartition(place.topic, place.partition, int(at.timestamp() * 1000)) for place in places]
    with cluster.consumer() as consumer:
        found = cluster.ask(lambda: consumer.offsets_for_times(asked, timeout=REQUEST_SECONDS), "looking for a moment")
    first = {(one.topic, one.partition): one.offset for one in found}
    ends = {(place.topic, place.partition): place.log_end for place in places}
    return {where: offset if offset >= 0 else ends[where] for where, offset in first.items()}


async def set_(settings: Settings, changes: Sequence[Change], *, why: str = "") -> list[Change]:
    """Set what a plan allows, each partition under a new epoch; returns what became of each.

    What somebody claimed since the plan was made is refused: look again.
    """
    wanted = [change for change in changes if not change.refused]
    cluster = Cluster(settings)
    operator = Operator(cluster, why)
    cluster_id = str((await asyncio.to_thread(cluster.metadata)).cluster_id)
    done: set[tuple[str, int]] = set()
    async with store(settings) as connection:
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            with operator.does("offsets.set", some[0].place.consumer, [str(change) for change in some]) as noted:
                moves = [_move(change) for change in some]
                moved = await steering.move(connection, some[0].place.consumer, cluster_id, operator.who, moves)
                noted.extend(str(change) for change in some if (change.place.topic, change.place.partition) in moved)
                done |= moved
    return [_outcome(change, done) for change in changes]


def _move(change: Change) -> Move:
    place = change.place
    return Move(place.topic, place.partition, change.was, change.becomes, None if place.stands_still else place.epoch)


def _outcome(change: Change, done: set[tuple[str, int]]) -> Change:
    if change.refused:
        return change
    if (change.place.topic, change.place.partition) in done:
        return change._replace(is_set=True)
    return change._replace(refused="somebody claimed it since it was looked at: try again")
