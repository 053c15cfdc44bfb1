"""Recover after the state store was restored from a backup: look what the log says to it, and shut out whoever still holds a claim."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from confluent_kafka import TopicPartition

from hub.consumers import CONSUMERS
from hub.errors import HubError
from hub.operations import offsets
from hub.operations.acts import Operator
from hub.operations.cluster import REQUEST_SECONDS, Cluster
from hub.operations.holding import hold
from hub.operations.offsets import Place
from hub.operations.places import store
from hub.operations.record_view import headers_of
from hub.operations.records import reach, read
from hub.settings import Settings
from hub.state import outbox, steering
from hub.state.segments import Unsent
from hub.state.steering import Pause, Scope, Standing


@dataclass(frozen=True, slots=True)
class Outlook:
    """What starting on this state store would come to.

    `ahead` stand where the log has nothing: it is not the log that was folded. `lost` begin before the log does. `again` will
    read what they had read after the backup. Others hear the events of `unsent` twice where `heard` says so, by topic; `said`
    counts what they heard after the backup, and may hear anew under other ids.
    """

    taken_at: datetime | None
    ahead: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    again: list[tuple[str, str, int]] = field(default_factory=list)
    members: dict[str, int] = field(default_factory=dict)
    unsent: Counter[str] = field(default_factory=Counter)
    heard: dict[str, list[str]] = field(default_factory=dict)
    said: Counter[str] = field(default_factory=Counter)
    pauses: list[Pause] = field(default_factory=list)

    @property
    def refused(self) -> str:
        """Why nothing may be done yet; empty where it may."""
        if self.ahead:
            return f"the store is ahead of the log on {', '.join(self.ahead[:5])}: this is not the log that it folded (hub offsets set)"
        if self.members:
            at_work = ", ".join(f"{count} of {name}" for name, count in self.members.items())
            return f"processes are at work: {at_work}; stop them first, or let their sessions end"
        return ""

    @property
    def steps(self) -> list[str]:
        """What is done, in words."""
        read_again = Counter[str]()
        for consumer, _, count in self.again:
            read_again[consumer] += count
        return [f"{name}: {count} records are read again" for name, count in read_again.items()] + [
            "every claim until now is void",
            "couriers are held; what is due is unknown",
        ]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "taken_at": self.taken_at,
            "refused": self.refused or None,
            "ahead": self.ahead,
            "lost": self.lost,
            "again": [{"consumer": consumer, "partition": place, "records": count} for consumer, place, count in self.again],
            "members": self.members,
            "unsent": self.unsent,
            "heard": self.heard,
            "said": self.said,
            "paused": [str(pause.scope) for pause in self.pauses],
        }


async def look(settings: Settings) -> Outlook:
    """Compare the restored store with the log; nothing is changed."""
    cluster, scopes = Cluster(settings), [Scope(name) for name in CONSUMERS]
    places = await offsets.show(settings, scopes)
    cluster_id = str((await asyncio.to_thread(cluster.metadata)).cluster_id)
    async with store(settings) as connection:
        rows = {scope: await steering.standings(connection, scope, cluster_id) for scope in scopes}
        unsent, ends = await outbox.unsent(connection), await outbox.ends(connection)
        pauses = await steering.pauses(connection)
    members = {name: count for name in CONSUMERS if (count := await asyncio.to_thread(cluster.members, name))}
    found = Outlook(
        max((row.moved_at for standing in rows.values() for row in standing), default=None),
        members=members,
        unsent=Counter(event.topic for event in unsent),
        pauses=pauses,
    )
    _compare(found, places, rows)
    found.said.update(await asyncio.to_thread(_said_since, cluster, ends))
    found.heard.update(await asyncio.to_thread(_heard, cluster, unsent))
    return found


def _compare(found: Outlook, places: Sequence[Place], rows: Mapping[Scope, Sequence[Standing]]) -> None:
    known = {(place.consumer, place.topic, place.partition): place for place in places}
    for scope, standings in rows.items():
        for row in standings:
            place, named = known.get((scope.consumer, row.topic, row.partition)), f"{scope.consumer} {row}"
            if row.next_offset > 0 and (place is None or row.next_offset > place.log_end):
                found.ahead.append(f"{named} ({row.next_offset}, the log ends at {place.log_end if place else 'nothing: no such topic'})")
            elif place is not None and 0 <= row.next_offset < place.log_start:
                found.lost.append(
                    f"{named} ({place.log_start - row.next_offset} records from {row.next_offset} on are no longer in the log)"
                )
            elif place is not None and place.lag:
                found.again.append((scope.consumer, str(row), place.lag))


def _said_since(cluster: Cluster, ends: Mapping[tuple[str, int], int]) -> Counter[str]:
    """By topic what the log has beyond the last event of which the store knows where it stands."""
    there, said = cluster.metadata().topics, Counter[str]()
    for topic in {topic for topic, _ in ends} & there.keys():
        for part in reach(cluster, topic):
            known = ends.get((topic, part.partition))
            if known is not None and part.end > known:
                said[topic] += part.end - known
    return said


def _heard(cluster: Cluster, unsent: Sequence[Unsent]) -> dict[str, list[str]]:
    """The ids of those unsent events that are in the log already, by topic: others hear these twice, under the same ids."""
    there, heard = cluster.metadata().topics, dict[str, list[str]]()
    for topic in {event.topic for event in unsent} & there.keys():
        wanted = {str(event.event_id): event.time for event in unsent if event.topic == topic}
        parts = {part.partition: part for part in reach(cluster, topic)}
        since = int(min(wanted.values()).timestamp() * 1000)
        asked = [TopicPartition(topic, at, since) for at in parts]
        with cluster.consumer() as consumer:
            found = cluster.ask(lambda: consumer.offsets_for_times(asked, timeout=REQUEST_SECONDS), "looking for a moment")  # noqa: B023 - asked at once
        starts = {one.partition: one.offset if one.offset >= 0 else parts[one.partition].end for one in found}
        ids = (
            (dict(headers_of(message)).get("ce_id") or b"").decode("utf-8", "replace")
            for message in read(cluster, topic, starts, {at: part.end for at, part in parts.items()})
        )
        if again := sorted(wanted.keys() & set(ids)):
            heard[topic] = again
    return heard


async def recover(settings: Settings, found: Outlook, *, why: str = "") -> int:
    """Give every partition an epoch that no process of before can hold; returns how many. Raises HubError where it is refused."""
    if found.refused:
        raise HubError(f"nothing was done: {found.refused}")
    cluster = Cluster(settings)
    operator = Operator(cluster, why)
    cluster_id = str((await asyncio.to_thread(cluster.metadata)).cluster_id)
    async with store(settings) as connection:
        with operator.does("store.recovered", cluster_id, found.steps) as done:
            count = await steering.jump(connection, cluster_id, operator.who)
            done.append(f"{count} partitions have new epochs; what is read again changes nothing that it changed before")
            unknown = await hold(connection, cluster_id, operator.who, operator.why)
            done.append(f"couriers are held; {unknown} deliveries are unknown, as they may have gone after the backup")
    return count
