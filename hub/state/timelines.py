"""Read one subject: its state, all that was said of it, and who stands beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
import zstandard

from hub.rules.decision import Subject
from hub.state.reading import Snapshot
from hub.state.store import Store
from hub.state.stores import STORES

_decompress = zstandard.ZstdDecompressor().decompress

_HOLDERS = sa.text("""
SELECT principal, bool_or(is_own) FROM (
    SELECT principal, type LIKE :types AS is_own FROM journal WHERE ref = :ref AND store = :store
    UNION ALL SELECT principal, true FROM dead_letters WHERE key = :ref AND state = 'open' AND event IS NULL AND type LIKE :types) AS said
GROUP BY principal ORDER BY principal
""")

_IS_DEAD = "EXISTS (SELECT FROM dead_letters d WHERE d.event = p.event AND d.part = p.part AND d.state <> 'redriven')"
_IS_HELD = "EXISTS (SELECT FROM waiting w WHERE w.event = p.event AND w.part = p.part AND w.hold = 'operator')"
# A correction counts as the journal's own reading has it: in its own topic, and not where its part for this very subject is out.
AGAINST = f"""
LEFT JOIN LATERAL (SELECT min(k.event_id) FILTER (WHERE k.counts) AS corrected_by,
                          coalesce(jsonb_agg(jsonb_build_array(k.event_id, k.why) ORDER BY k.event_id) FILTER (WHERE NOT k.counts),
                                   '[]') AS in_vain
                   FROM (SELECT p.event_id, CASE WHEN bool_or(p.is_dead) THEN 'was refused' ELSE 'is held' END AS why,
                                NOT bool_and(p.is_dead OR p.is_held) AND NOT bool_or((p.is_dead OR p.is_held) AND p.is_same) AS counts
                         FROM (SELECT p.event_id, {_IS_DEAD} AS is_dead, {_IS_HELD} AS is_held,
                                      (p.store, p.principal, p.ref) = (j.store, j.principal, j.ref) AS is_same
                               FROM corrections c JOIN journal p ON p.event = c.event AND p.topic = j.topic
                               WHERE c.target = j.event) p
                         GROUP BY p.event_id) k) by ON true
LEFT JOIN LATERAL (SELECT hold, kind, awaited_ref, until FROM waiting
                   WHERE consumer = j.consumer AND whose = j.principal AND store = j.store AND ref = j.ref
                     AND event = j.event AND part = j.part LIMIT 1) w ON true
LEFT JOIN LATERAL (SELECT reason, faults, state FROM dead_letters
                   WHERE event = j.event AND part = j.part ORDER BY since DESC LIMIT 1) d ON true
"""  # noqa: S608 - words of our own
"""What the hub holds against a part of the journal, `j`: corrections that count (`by`) or do not, a wait (`w`), a dead letter (`d`)."""

_SAYINGS = sa.text(f"""
SELECT j.event, j.part, j.type,
       CASE WHEN j.part = 0 THEN j.body ELSE (SELECT body FROM journal WHERE event = j.event AND part = 0) END AS body,
       j.source, j.event_id, j.is_historical, j.occurred_at, j.revision, j.corrects,
       j.topic, j.partition, j."offset", j.recorded_at, by.corrected_by, by.in_vain,
       w.hold, w.kind AS awaited_kind, w.awaited_ref, w.until, d.reason, d.faults, d.state AS dead_state
FROM journal j {AGAINST}
WHERE j.ref = :ref AND j.store = :store AND j.principal = :principal
ORDER BY j.recorded_at, j.topic, j.partition, j."offset"
""")  # noqa: S608 - words of our own

_BROKEN = sa.text("""
SELECT type, source, event_id, reason, faults, topic, partition, "offset", since FROM dead_letters
WHERE principal = :principal AND key = :ref AND state = 'open' AND event IS NULL AND type LIKE :types
UNION ALL
SELECT type, NULL, NULL, 'newer_version', '[]', topic, partition, "offset", since FROM waiting
WHERE principal = :principal AND key = :ref AND hold = 'version' AND type LIKE :types
ORDER BY since
""")


class Saying(NamedTuple):
    """One journalled event of a subject, in order of arrival, with what the hub holds against it.

    `in_vain` are the corrections of it that do not count here, each with what became of it.
    """

    event: UUID
    part: int
    type: str
    body: bytes
    source: str
    event_id: str
    is_historical: bool
    occurred_at: datetime
    revision: int | None
    corrects: str | None
    topic: str
    partition: int
    offset: int
    recorded_at: datetime
    corrected_by: str | None
    in_vain: Sequence[tuple[str, str]]
    hold: str | None
    awaited_kind: str | None
    awaited_ref: str | None
    until: datetime | None
    dead_reason: str | None
    faults: Any
    dead_state: str | None

    @property
    def counts(self) -> bool:
        """Whether it is folded; what waits for news is as well, and changes nothing yet."""
        return self.corrected_by is None and self.dead_state in {None, "redriven"} and self.hold != "operator"


class Broken(NamedTuple):
    """One record of the subject's key that never came as far as the journal."""

    type: str
    source: str | None
    event_id: str | None
    reason: str
    faults: Any
    topic: str
    partition: int
    offset: int
    since: datetime


class Standing(NamedTuple):
    """A subject's state as it is stored; `because` names the event that made it."""

    state: Any
    because: UUID


async def holders(snapshot: Snapshot, store: str, ref: str, kind: str) -> dict[str, bool]:
    """Whose subject it is: every principal of whose reference something was said, and whether it was of the subject itself.

    An activity about a complaint, say, may be about what one of two has taken.
    """
    rows = await snapshot.execute(_HOLDERS, {"ref": ref, "store": store, "types": f"hub.{kind}.%"})
    return {row[0]: row[1] for row in rows}


async def standing(snapshot: Snapshot, store: Store[Any], subject: Subject) -> Standing | None:
    """The subject's state; None while nothing that counts was said of it."""
    columns = store.table.c
    fields = [columns[field] for field in store.state._fields]
    query = sa.select(columns.because, *fields).where(columns.principal == subject.principal, columns.ref == subject.ref)
    row = (await snapshot.execute(query)).one_or_none()
    return None if row is None else Standing(store.state._make(row[1:]), row[0])


async def sayings(snapshot: Snapshot, store: str, subject: Subject) -> list[Saying]:
    """All that was said of the subject, in order of arrival."""
    rows = await snapshot.execute(_SAYINGS, {"ref": subject.ref, "store": store, "principal": subject.principal})
    return [Saying(*row)._replace(body=_decompress(row.body)) for row in rows]


async def broken(snapshot: Snapshot, subject: Subject, kind: str) -> list[Broken]:
    """Open dead letters of the subject's key, and records that wait for a newer hub."""
    rows = await snapshot.execute(_BROKEN, {"principal": subject.principal, "ref": subject.ref, "types": f"hub.{kind}.%"})
    return [Broken(*row) for row in rows]


async def beside(snapshot: Snapshot, store: str, subject: Subject, fields: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """The subjects of another store that belong to a customer, by reference: these fields of each, whoever speaks of them."""
    columns = STORES[store].table.c
    whose = columns.whose if "whose" in columns else columns.principal
    query = sa.select(columns.ref, *(columns[field] for field in fields)).order_by(columns.ref)
    rows = await snapshot.execute(query.where(whose == subject.principal, columns.customer == subject.ref))
    return [dict(row) for row in rows.mappings()]
