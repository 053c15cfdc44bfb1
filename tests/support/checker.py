"""Compare what the log says with what the database kept: the invariants I1 to I4, I6 and I8, once things have calmed down.

`await check(url, log)` gives what does not hold. The log is all records of all topics, the hub's own among them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import from_json

from hub.consumers.base_data import base_data
from hub.consumers.crm_sync import crm_sync
from hub.rules.basedata import BaseData
from hub.rules.decision import Reject, Subject, Wait
from hub.rules.folding import Told, fold_all
from hub.state import outbox
from hub.state.base import BaseDataCache
from hub.state.connect import connect
from hub.stream.consumer import Consumer
from hub.stream.record import Bad, Good, Ignored, Newer, Reader, event_name
from hub.stream.slips import Stored
from tests.support.moves import Moved, moves

Log = Mapping[str, Sequence[Stored]]
Offsets = Mapping[tuple[str, str, int], int]
Row = Mapping[str, Any]


class Violation(NamedTuple):
    """Which invariant does not hold, and where."""

    invariant: str
    what: str


@dataclass
class Picture:
    """What the database keeps of one consumer at one moment, each table as its rows."""

    offsets: list[Row] = field(default_factory=list)
    journal: list[Row] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    dead: list[Row] = field(default_factory=list)
    states: dict[str, list[Row]] = field(default_factory=dict)
    base: BaseData = field(default_factory=BaseData)


async def check(
    url: str,
    log: Log,
    *,
    consumers: Sequence[Consumer] = (base_data, crm_sync),
    seen: Sequence[Offsets] = (),
    max_record_bytes: int = 1_000_000,
) -> list[Violation]:
    """All that does not hold; `seen` are next offsets that `next_offsets` gave on the way, oldest first."""
    connection = await connect(url, name="checker")
    try:
        found: list[Violation] = []
        for consumer in consumers:
            picture = await take(connection, consumer)
            found += inbound(consumer, log, picture, max_record_bytes)
        unsent = [event._asdict() for event in await outbox.unsent(connection)]
        found += outbound(log, unsent, await _rows(connection, "outbox_sent"))
        found += never_back([*seen, await next_offsets(url)], moves(log))
        return found
    finally:
        await connection.close()


async def next_offsets(url: str) -> Offsets:
    """Where every consumer stands now."""
    connection = await connect(url, name="checker")
    try:
        rows = await _rows(connection, "consumer_offsets")
        return {(row["consumer"], row["topic"], row["partition"]): row["next_offset"] for row in rows}
    finally:
        await connection.close()


async def take(connection: "asyncpg.Connection[asyncpg.Record]", consumer: Consumer) -> Picture:
    """The picture of one consumer."""

    async def own(table: str) -> list[Row]:
        return [row for row in await _rows(connection, table) if row["consumer"] == consumer.name]

    return Picture(
        await own("consumer_offsets"),
        await own("journal"),
        await own("waiting"),
        await own("dead_letters"),
        {name: await _rows(connection, name) for name in consumer.stores},
        await BaseDataCache(consumer.using).refresh(connection),
    )


async def _rows(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> list[Row]:
    return [dict(row) for row in await connection.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608 - names of our own


def inbound(consumer: Consumer, log: Log, picture: Picture, max_record_bytes: int) -> Iterator[Violation]:
    """I1, I2, I3 and I8 of one consumer."""
    reader = Reader(consumer, max_record_bytes)
    judged = {
        (record.topic, record.partition, record.offset): reader.judge(record)
        for topic, records in log.items()
        if re.fullmatch(consumer.pattern, topic)
        for record in records
    }
    goods: dict[UUID, list[Good]] = defaultdict(list)
    for one in judged.values():
        if isinstance(one, Good):
            goods[one.event].append(one)
    yield from _ends(judged, picture)
    yield from _places(judged, picture, [m for m in moves(log) if m.consumer == consumer.name])
    yield from _once(consumer, goods, picture)
    yield from _principals(consumer, goods, picture)
    yield from _folds(consumer, goods, picture)


def _place(row: Row) -> tuple[str, int, int]:
    return row["topic"], row["partition"], row["offset"]


def _ends(judged: Mapping[tuple[str, int, int], object], picture: Picture) -> Iterator[Violation]:
    ends: dict[tuple[str, int], int] = {}
    for topic, partition, offset in judged:
        ends[topic, partition] = max(offset + 1, ends.get((topic, partition), 0))
    stands = {(row["topic"], row["partition"]): row["next_offset"] for row in picture.offsets}
    for where, end in ends.items():
        if stands.get(where, 0) != end:
            yield Violation("I2", f"{where} stands at {stands.get(where)} of {end}")


def _places(judged: Mapping[tuple[str, int, int], object], picture: Picture, moved: Sequence[Moved]) -> Iterator[Violation]:
    """Each record is kept at its place, or known to be nothing new, or an operator's act passed over it.

    Nothing is kept of a place that has no record.
    """
    skips = [(m.topic, m.partition, range(max(m.was, 0), m.becomes)) for m in moved]
    journal, dead = {_place(row) for row in picture.journal}, {_place(row) for row in picture.dead}
    versions = {_place(row) for row in picture.waiting if row["hold"] == "version"}
    known = {row["event"] for row in picture.journal}
    for place, one in judged.items():
        match one:
            case Good(event=event):
                is_kept = event in known or place in dead
            case Bad():
                is_kept = place in dead
            case Newer():
                is_kept = place in versions
            case Ignored():
                is_kept = True
            case _:
                is_kept = False
        if not is_kept and not any(place[:2] == (topic, partition) and place[2] in skipped for topic, partition, skipped in skips):
            yield Violation("I2", f"{type(one).__name__} record {place} is nowhere")
    for place in (journal | dead | versions) - judged.keys():
        yield Violation("I2", f"{place} is kept, but the log has no such record")


def _once(consumer: Consumer, goods: Mapping[UUID, Sequence[Good]], picture: Picture) -> Iterator[Violation]:
    parts = Counter(row["event"] for row in picture.journal)
    for event, count in parts.items():
        first = goods.get(event)
        if first is None:
            yield Violation("I1", f"the journal has {event}, which nobody said")
        elif count != max(1, len(first[0].parts)):
            yield Violation("I1", f"{first[0].envelope.id} of {first[0].principal} is in the journal {count} times")
    dead = {(row["event"], row["part"]) for row in picture.dead if row["event"] and row["state"] != "redriven"}
    for row in picture.waiting:
        if row["event"] and (row["event"], row["part"]) in dead:
            yield Violation("I2", f"{_place(row)} is dead, and waits")


def _principals(consumer: Consumer, goods: Mapping[UUID, Sequence[Good]], picture: Picture) -> Iterator[Violation]:
    """I8: whose topic it is, that one's row it is, and each state follows from an event that concerns its subject."""
    for row in (*picture.waiting, *picture.dead):
        topic = consumer.topic(row["topic"])
        if topic is None or topic.principal(row["topic"]) != row["principal"]:
            yield Violation("I8", f"{_place(row)} is kept as {row['principal']}'s")
    parts = {(row["event"], row["store"], row["principal"], row["ref"]) for row in picture.journal}
    for row in picture.journal:
        good = goods[row["event"]][0] if row["event"] in goods else None
        told = good and (good.parts or [("", Subject(good.principal, good.key))])
        if told and (row["store"], Subject(row["principal"], row["ref"])) not in told:
            yield Violation("I8", f"{_place(row)} is kept as {row['principal']}'s")
    for store, rows in picture.states.items():
        for row in rows:
            if (row["because"], store, row["principal"], row["ref"]) not in parts:
                yield Violation("I8", f"{store} {row['principal']} {row['ref']} is because of another's event")


def _folds(consumer: Consumer, goods: Mapping[UUID, Sequence[Good]], picture: Picture) -> Iterator[Violation]:
    """I3: each state, and what waits for it, is the fold of the events that count, in their order."""
    out = {(row["event"], row["part"]) for row in picture.dead if row["event"] and row["state"] != "redriven"}
    out |= {(row["event"], row["part"]) for row in picture.waiting if row["event"] and row["hold"] == "operator"}
    places = {(row["event"], row["part"]): _place(row) for row in picture.journal}
    counted: dict[tuple[str, Subject], list[Told]] = defaultdict(list)
    corrections: dict[tuple[str, UUID], list[Good]] = defaultdict(list)
    for event, said in goods.items():
        for part, (store, subject) in enumerate(said[0].parts):
            place = places.get((event, part))
            good = next((one for one in said if (one.raw.topic, one.raw.partition, one.raw.offset) == place), None)
            if good is None:
                continue
            if good.body.corrects is not None and part == 0:
                corrections[good.raw.topic, event_name(consumer.name, good.principal, good.envelope.source, good.body.corrects)].append(
                    good
                )
            envelope = good.envelope
            told = Told(event, part, good.lineage, good.body, envelope.source, envelope.id, envelope.is_historical, good.principal)
            counted[store, subject].append(told)
    states = {(store, Subject(row["principal"], row["ref"])): row for store, rows in picture.states.items() for row in rows}
    waits = {(row["event"], row["part"]) for row in picture.waiting if row["hold"] == "news"}
    for where in counted.keys() | states.keys():
        store, subject = where
        history = [
            told
            for told in counted.get(where, ())
            if told.row not in out and not _is_corrected(where, corrections.get((places[told.row][0], told.event), ()), out)
        ]
        yield from _fold(consumer, store, subject, picture, history, states.get(where), waits)


def _is_corrected(where: tuple[str, Subject], corrections: Sequence[Good], out: set[tuple[UUID, int]]) -> bool:
    """Whether another event of its topic counts in its place for this subject: a part of it does, and the subject's own if it has one."""
    for good in corrections:
        standing = {part: (good.event, n) not in out for n, part in enumerate(good.parts)}
        if any(standing.values()) and standing.get(where, True):
            return True
    return False


def _fold(
    consumer: Consumer,
    store: str,
    subject: Subject,
    picture: Picture,
    history: Sequence[Told],
    row: Row | None,
    waits: set[tuple[UUID, int]],
) -> Iterator[Violation]:
    name = f"{store} {subject.principal} {subject.ref}"
    folded: Any = fold_all(subject, consumer.stores[store].rules, picture.base, history)
    kept = tuple(row.values()) if row else None
    if folded.state is None or kept is None:
        if folded.state is not None or kept is not None:
            yield Violation("I3", f"{name}: {'a state' if kept else 'no state'}, but its events make {'one' if folded.state else 'none'}")
    elif kept[7:] != tuple(folded.state):
        fields = [field for field, is_, should in zip(folded.state._fields, kept[7:], folded.state, strict=True) if is_ != should]
        yield Violation("I3", f"{name}: not the fold of its events in {', '.join(fields)}")
    elif kept[3:7] != (*folded.position, folded.because):
        yield Violation("I3", f"{name}: folded as far as {kept[3:7]}, its events go to {(*folded.position, folded.because)}")
    for told, verdict in folded.verdicts:
        if isinstance(verdict, Wait) != (told.row in waits):
            yield Violation("I2", f"{name}: {told.event_id} {'waits' if told.row in waits else 'should wait'}")
        if isinstance(verdict, Reject):
            yield Violation("I2", f"{name}: {told.event_id} should be a dead letter ({verdict.path})")


def outbound(log: Log, unsent: Sequence[Row], sent: Sequence[Row]) -> Iterator[Violation]:
    """I4 and I8 of what left: each id once, in the order of each key, and on each feed only what concerns its dealer."""
    if unsent:
        yield Violation("I4", f"{len(unsent)} events have not left")
    for event_id, count in Counter(row["event_id"] for row in (*sent, *unsent)).items():
        if count > 1:
            yield Violation("I4", f"{event_id} was said {count} times")
    for topic in {row["topic"] for row in sent}:
        records = log.get(topic, ())
        ids = list(dict.fromkeys(_id(record) for record in records))
        wanted = {str(row["event_id"]): row for row in sorted(sent, key=lambda row: row["id"]) if row["topic"] == topic}
        for lost in wanted.keys() - set(ids):
            yield Violation("I4", f"{topic}: {lost} was sent, but is not there")
        for strange in set(ids) - wanted.keys():
            yield Violation("I4", f"{topic}: {strange} was never in the outbox")
        yield from _in_order(topic, records, list(wanted))
    for topic, records in log.items():
        dealer = re.fullmatch(r"dealer\.(.+)\.feed", topic)
        for record in records if dealer else ():
            body = from_json(record.value or b"{}")
            about = body.get("topic") or f"dealer.{body.get('dealer')}.events"
            if dealer and about != f"dealer.{dealer[1]}.events":
                yield Violation("I8", f"{topic} hears of {about}")


def _in_order(topic: str, records: Sequence[Stored], wanted: Sequence[str]) -> Iterator[Violation]:
    turn = {event_id: n for n, event_id in enumerate(wanted)}
    heard: set[str] = set()
    keys: dict[bytes | None, list[int]] = defaultdict(list)
    for record in records:
        event_id = _id(record)
        if event_id in turn and event_id not in heard:
            heard.add(event_id)
            keys[record.key].append(turn[event_id])
    for key, turns in keys.items():
        if turns != sorted(turns):
            yield Violation("I4", f"{topic}: {key!r} is not in the order in which it was said")


def _id(record: Stored) -> str:
    return (dict(record.headers).get("ce_id") or b"").decode()


def never_back(seen: Sequence[Offsets], moved: Sequence[Moved] = ()) -> Iterator[Violation]:
    """I6: each next offset is at least the one before, unless an operator's act set it back, which is good for once."""
    last: dict[tuple[str, str, int], int] = {}
    left = list(moved)
    for offsets in seen:
        for where, offset in offsets.items():
            if offset < last.get(where, offset):
                back = next((m for m in left if m.where == where and m.becomes <= offset and m.was >= last[where]), None)
                if back is None:
                    yield Violation("I6", f"{where} went back from {last[where]} to {offset}")
                else:
                    left.remove(back)
            last[where] = offset
