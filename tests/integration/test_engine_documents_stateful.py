"""Whatever order documents, their corrections and timers come in, each subject keeps what one event at a time in true order would make.

`HUB_STATEFUL_EXAMPLES` asks for more than the few histories of the everyday run.
"""

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from contracts import topics
from contracts.contract import Event
from contracts.crm import CONTACT_UPDATED, ContactUpdated
from contracts.customers import CUSTOMER_CLASSIFIED
from contracts.leads import LEAD_RECEIVED
from contracts.timers import TIMER_FIRED, TimerFired
from hub.rules.basedata import BaseData
from hub.rules.contacts import Contact
from hub.rules.decision import Change, Decision, Facts, Keep, Reject, Subject, Wait
from hub.rules.folding import Folded, Told, fold_all
from hub.rules.notices import Notice, Person
from hub.state import stores
from hub.stream.consumer import Consumer
from hub.stream.record import Good
from hub.stream.slips import Stored
from tests.support.documents import NOBODY, Desk, listed, lot, lots, opened
from tests.support.engine import NOON, Engine, Log
from tests.support.recalls import Ear

LATER = NOON + timedelta(days=300)
PARTNERS = ("ber-001", "muc-002", "oem")
IMPORTS = "muc-002"
"""All that this one says is of the past."""


def due(state: Contact, _subject: Subject) -> datetime | None:
    """A few moments, which come again however a lot grows."""
    return NOON + timedelta(hours=len(state.name) % 7 - 3) if len(state.name) < 40 else None


def rung(state: Contact | None, event: TimerFired, facts: Facts) -> Decision[Contact]:
    """Counts where it is still wanted."""
    if state is None or due(state, facts.subject) != event.due_at:
        return Keep("moved on")
    return Change(state._replace(name=f"{state.name}!"))


def told(_before: Contact | None, after: Contact, subject: Subject, because: Event, version: int) -> list[ContactUpdated]:
    """Twice, so that ids have to differ."""
    named = f"{subject.ref}/{after.name}"
    said = ContactUpdated.model_construct(occurred_at=because.occurred_at, revision=version, subject=named, dealer="x", contact="c")
    return [said, said]


def noticed(_before: Contact | None, after: Contact, subject: Subject, because: Event, _version: int) -> list[Notice]:
    """Once for each thing that a lot ever was."""
    person = Person("oem", "contact", subject.ref)
    return [Notice(f"{subject.ref}.{after.name}", person, "p", "oem", "t", because.occurred_at, because.occurred_at + timedelta(days=1))]


def everything() -> Consumer:
    made = Consumer("crm-sync", topics.DEALER_EVENTS, topics.OEM_CRM, topics.ACTS, topics.TIMERS)
    made.fold(
        stores.contacts,
        {CUSTOMER_CLASSIFIED: listed, LEAD_RECEIVED: opened, TIMER_FIRED: rung},
        concerns={CUSTOMER_CLASSIFIED: lots, LEAD_RECEIVED: lambda event, _principal: [lot(event.lead)]},
        tell=(topics.CRM, CONTACT_UPDATED, told),
        notices=noticed,
        timer=due,
    )
    return made


class Said(NamedTuple):
    """A document or, without lines, the opening of a lot; maybe in place of an earlier event of its partner."""

    partner: int
    number: str
    lines: tuple[str, ...]
    hour: int
    revision: int | None
    corrects: int | None


SAID = st.builds(
    Said,
    st.integers(0, 2),
    st.sampled_from("ab"),
    st.one_of(st.just(()), st.lists(st.sampled_from(("a", "b", "c", "w-a", "w-b", NOBODY)), min_size=1, max_size=3).map(tuple)),
    st.integers(0, 6),
    st.one_of(st.none(), st.integers(1, 3)),
    st.one_of(*[st.none()] * 3, st.integers(0, 20)),
)


def batches(history: Sequence[Said], chance: random.Random) -> Iterator[list[Stored]]:
    """Each event once or twice, more or less in its order, on two partitions of its partner's topic."""
    desks = [Desk(Log(), partner) for partner in PARTNERS]
    own: dict[int, list[int]] = {n: [m for m, said in enumerate(history) if said.partner == n] for n in range(3)}
    arrivals: list[tuple[float, Stored]] = []
    for number, said in enumerate(history):
        others = [n for n in own[said.partner] if n != number]
        more: dict[str, Any] = {"revision": said.revision} if said.revision else {}
        if said.corrects is not None and others:
            more["corrects"] = f"e{others[said.corrects % len(others)]}"
        desk = desks[said.partner]
        more["historical"] = desk.dealer == IMPORTS
        if said.lines and desk.dealer != "oem":
            record = desk.says(f"D{said.number}", *said.lines, hour=said.hour, id=f"e{number}", **more)
        else:
            record = desk.opens(said.number, hour=said.hour, id=f"e{number}", **more)
        arrivals += [(said.hour + chance.uniform(0, 8), record) for _ in range(chance.choice((1, 1, 2)))]
    offsets: dict[tuple[str, int], int] = defaultdict(int)
    batch: list[Stored] = []
    for _, record in sorted(arrivals, key=lambda arrival: arrival[0]):
        where = record.topic, chance.randrange(2)
        batch.append(record._replace(partition=where[1], offset=offsets[where]))
        offsets[where] += 1
        if chance.random() < 0.4:
            yield batch
            batch = []
    yield batch


Kept = tuple[tuple[Any, ...], tuple[Any, ...], str]
"""A lot's state, how far it is folded, and the event that made it."""


async def by_the_engine(url: str, history: Sequence[Said], chance: random.Random) -> tuple[list[Stored], dict[str, Kept], set[Any]]:
    """Two owners take over from each other, and a clock rings whenever it likes: all records, what is kept, what waits."""
    async with Engine(url, everything(), owner="one") as one, Engine(url, everything(), owner="two") as two:
        await one.db.execute("TRUNCATE journal, corrections, waiting, dead_letters, outbox, consumer_offsets, contacts, timers, deliveries")
        ear, all_of_them, heard = Ear(Log()), list[Stored](), 0

        async def take(records: Sequence[Stored]) -> None:
            owner = chance.choice((one, two))
            await owner.claim({(record.topic, record.partition) for record in records})
            await owner.apply(records)
            all_of_them.extend(records)

        for batch in batches(history, chance):
            await take(batch)
            if chance.random() < 0.5:
                await ear.hear(one.db, LATER)
                until = chance.randint(heard, len(ear.ids))
                await take(ear.log.records["hub.timers", 0][heard:until])
                heard = until
        while await ear.hear(one.db, LATER) or heard < len(ear.ids):
            await take(ear.log.records["hub.timers", 0][heard:])
            heard = len(ear.ids)
        names = {row["event"]: row["event_id"] for row in await one.rows("journal")}
        assert [row["reason"] for row in await one.rows("dead_letters")] == []
        assert await one.rows("timers") == []
        said = await one.rows("outbox")
        assert len({row["event_id"] for row in said}) == len(said)
        of_the_past = {f"e{n}" for n, each in enumerate(history) if PARTNERS[each.partner] == IMPORTS}
        assert not {names[row["because"]] for row in await one.rows("deliveries")} & of_the_past
        fired = [from_json(record.value or b"") for record in ear.log.records["hub.timers", 0]]
        moments = {(body["subject"], datetime.fromisoformat(body["due_at"])) for body in fired}
        kept = {}
        for row in await one.rows("contacts"):
            values = tuple(row.values())
            assert row["principal"] == "lot"
            wanted = due(Contact(*values[7:]), lot(row["ref"]))
            assert wanted is None or (row["ref"], wanted) in moments
            kept[row["ref"]] = values[7:], values[3:6], names[row["because"]]
        return all_of_them, kept, {(row["ref"], names[row["event"]]) for row in await one.rows("waiting")}


def one_at_a_time(records: Sequence[Stored]) -> tuple[dict[str, Kept], set[Any]]:
    """The same records without batches, database or arrival: what counts for each lot, in its order."""
    consumer = everything()
    reader = Engine("", consumer).reader
    judged = [reader.judge(record) for record in records]
    events = {(good.principal, good.envelope.id): good for good in judged if isinstance(good, Good)}
    assert len({(record.raw.topic, dict(record.raw.headers)["ce_id"]) for record in judged}) == len(events)
    corrected = {(good.principal, good.body.corrects) for good in events.values()}
    histories: dict[Subject, list[Told]] = defaultdict(list)
    for name, good in events.items():
        for part, (_, subject) in enumerate(good.parts):
            history = histories[subject]
            if name not in corrected:
                envelope = good.envelope
                words = good.lineage, good.body, envelope.source, envelope.id, envelope.is_historical, good.principal
                history.append(Told(good.event, part, *words))
    kept, waiting = {}, set()
    for subject, history in histories.items():
        folded: Folded[Any] = fold_all(subject, consumer.stores["contacts"].rules, BaseData(), history)
        names = {one.event: one.event_id for one in history}
        if folded.state is not None and folded.because is not None and folded.position is not None:
            kept[subject.ref] = tuple(folded.state), tuple(folded.position), names[folded.because]
        assert not [verdict for _, verdict in folded.verdicts if isinstance(verdict, Reject)]
        waiting |= {(subject.ref, one.event_id) for one, verdict in folded.verdicts if isinstance(verdict, Wait)}
    return kept, waiting


@settings(
    max_examples=int(os.environ.get("HUB_STATEFUL_EXAMPLES", "15")),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(SAID, min_size=1, max_size=20), seed=st.integers(0, 10_000))
def test_each_subject_of_documents_keeps_what_one_event_at_a_time_would(database: str, history: list[Said], seed: int) -> None:
    records, kept, waiting = asyncio.run(by_the_engine(database, history, random.Random(seed)))
    assert (kept, waiting) == one_at_a_time(records)
