"""Look through consents and suppressions, as an operator does."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from hub.state.reading import Snapshot
from hub.state.stores import consents, suppressions
from hub.state.timelines import AGAINST

_CONSENTS, _SUPPRESSIONS = consents.table, suppressions.table
_SAID = sa.text(f"""
SELECT j.event, j.type, j.source, j.event_id, j.occurred_at, j.topic, j.partition, j."offset", j.ref,
       by.corrected_by IS NULL AND coalesce(d.state, 'redriven') = 'redriven' AND w.hold IS NULL
FROM journal j {AGAINST} WHERE j.store = 'consents' AND j.principal = :principal AND j.ref = ANY(:refs)
ORDER BY j.occurred_at, j.recorded_at, j.event, j.part
""")  # noqa: S608 - words of our own


class Chosen(NamedTuple):
    """Which consents; what is empty does not matter."""

    principal: str = ""
    person: str = ""
    person_kind: str = ""
    channel: str = ""
    purpose: str = ""
    grantee: str = ""
    status: str = ""


class Agreement(NamedTuple):
    """One consent as it stands, with the event that is its proof."""

    principal: str
    ref: str
    person_kind: str
    person: str
    channel: str
    purpose: str
    grantee: str
    status: str
    since: datetime
    proof_where: str | None
    proof_at: datetime | None
    proof_text: str | None
    proof_message: str | None
    because: UUID


class Word(NamedTuple):
    """One entry of the ledger: what was said of a consent, by an event that is a record on Kafka.

    What was refused, waits, is held back or was corrected does not count.
    """

    event: UUID
    type: str
    source: str
    event_id: str
    occurred_at: datetime
    topic: str
    partition: int
    offset: int
    ref: str
    counts: bool


class Suppressed(NamedTuple):
    """An address that is or was suppressed; `address` is its key."""

    channel: str
    address: str
    grantee: str
    purpose: str
    hint: str | None
    reasons: dict[str, str]
    is_suppressed: bool
    is_barred: bool
    since: datetime | None
    released_at: datetime | None
    because: UUID


async def agreements(moment: Snapshot, chosen: Chosen, most: int) -> list[Agreement]:
    """The consents chosen, by person, channel and purpose."""
    query = sa.select(*(_CONSENTS.c[field] for field in Agreement._fields))
    for field, value in chosen._asdict().items():
        if value:
            query = query.where(_CONSENTS.c[field] == value)
    order = ("principal", "person_kind", "person", "channel", "purpose", "grantee")
    rows = await moment.execute(query.order_by(*(_CONSENTS.c[field] for field in order)).limit(most))
    return [Agreement._make(row) for row in rows]


async def ledger(moment: Snapshot, principal: str, refs: Sequence[str]) -> list[Word]:
    """All that was ever said of these consents of one principal, the oldest first."""
    rows = await moment.execute(_SAID, {"principal": principal, "refs": list(refs)})
    return [Word._make(row) for row in rows]


async def suppressed(
    moment: Snapshot, *, address: str = "", channel: str = "", reason: str = "", is_released: bool = False, most: int
) -> list[Suppressed]:
    """Suppressed addresses, or those that were and are no longer, the newest first; `address` is the beginning of its key."""
    table = _SUPPRESSIONS.c
    query = sa.select(*(table[field] for field in Suppressed._fields)).where(table.is_suppressed.is_(not is_released))
    if address:
        query = query.where(table.address.startswith(address, autoescape=True))
    if channel:
        query = query.where(table.channel == channel)
    if reason:
        query = query.where(table.reasons.has_key(reason))
    rows = await moment.execute(query.order_by(table.ordered_at.desc(), table.ref).limit(most))
    return [Suppressed._make(row) for row in rows]
