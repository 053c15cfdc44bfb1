"""Look through dead letters, and at what was done about them, as an operator does."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import zstandard
from sqlalchemy import text

from hub.state.reading import Snapshot

_decompress = zstandard.ZstdDecompressor().decompress

_BEHIND = """
(SELECT count(DISTINCT w.event) FROM waiting w
 WHERE d.state = 'open' AND w.hold = 'operator' AND w.consumer = d.consumer AND w.principal = d.principal AND w.key = d.key)
"""
"""Counted by its index, letter by letter: a join's plan depends on how much the server knows of tables that have just grown."""
_LETTERS = f"""
SELECT d.id, d.consumer, d.principal, d.key, d.reason, d.faults, d.type, d.topic, d.partition, d."offset", d.since, d.state,
       {_BEHIND} AS behind, d.event, d.part, d.store, d.whose, d.ref
FROM dead_letters d
"""  # noqa: S608 - words of our own, values are bound
_CHOSEN = """
WHERE d.state = :state AND (:topic = '' OR d.topic = :topic) AND (:principal = '' OR d.principal = :principal)
  AND (:reason = '' OR d.reason = :reason) AND (:type = '' OR d.type = :type) AND (:key = '' OR d.key = :key)
  AND (:consumer = '' OR d.consumer = :consumer)
  AND (CAST(:before AS timestamptz) IS NULL OR d.since < :before) AND (CAST(:after AS timestamptz) IS NULL OR d.since > :after)
"""
_LIST = text(f'{_LETTERS} {_CHOSEN} ORDER BY d.topic, d.partition, d."offset", d.part LIMIT :most')
_NAMED = text(f"{_LETTERS} WHERE CAST(d.id AS text) LIKE :prefix ORDER BY d.id LIMIT 2")
_ACTS = text(
    """
SELECT event, type, body, recorded_at FROM journal
WHERE ref = :letter AND store = '' AND principal = 'hub' AND consumer = :consumer ORDER BY topic, partition, "offset"
"""
)


class Choice(NamedTuple):
    """Which dead letters; what is empty does not matter. They are older than `before`, and younger than `after`."""

    state: str = "open"
    topic: str = ""
    principal: str = ""
    reason: str = ""
    type: str = ""
    key: str = ""
    consumer: str = ""
    before: datetime | None = None
    after: datetime | None = None


class Letter(NamedTuple):
    """A dead letter as an operator sees it; `behind` counts the records that its key holds, `event` is its name in the journal.

    `store`, `whose` and `ref` name the subject for which a rule refused it.
    """

    id: UUID
    consumer: str
    principal: str
    key: str | None
    reason: str
    faults: list[list[str]]
    type: str | None
    topic: str
    partition: int
    offset: int
    since: datetime
    state: str
    behind: int
    event: UUID | None
    part: int
    store: str | None
    whose: str | None
    ref: str | None

    @property
    def is_journalled(self) -> bool:
        """Whether it kept its contract, and only a rule refused it."""
        return self.event is not None

    @property
    def place(self) -> tuple[str, int, int, int]:
        """Where it stands in the order of arrival."""
        return self.topic, self.partition, self.offset, self.part


class Journalled(NamedTuple):
    """An act upon a letter, as its consumer has journalled it."""

    event: UUID
    type: str
    body: bytes
    at: datetime


async def letters(moment: Snapshot, choice: Choice, most: int) -> list[Letter]:
    """Those chosen, in their order of arrival per topic."""
    return [Letter(*row) for row in await moment.execute(_LIST, {**choice._asdict(), "most": most})]


async def letters_named(moment: Snapshot, prefix: str) -> list[Letter]:
    """At most two whose id begins so."""
    return [Letter(*row) for row in await moment.execute(_NAMED, {"prefix": f"{prefix.lower()}%"})]


async def acts_upon(moment: Snapshot, letter: Letter) -> list[Journalled]:
    """All that operators said of a letter, in their order."""
    rows = await moment.execute(_ACTS, {"letter": str(letter.id), "consumer": letter.consumer})
    return [Journalled(row[0], row[1], _decompress(row[2]), row[3]) for row in rows]
