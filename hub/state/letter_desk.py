"""Look through dead letters and the records that wait behind them, as an operator does."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from hub.state.reading import Snapshot

_CHOSEN = """
WHERE d.state = :state AND (:topic = '' OR d.topic = :topic) AND (:principal = '' OR d.principal = :principal)
  AND (:reason = '' OR d.reason = :reason) AND (:type = '' OR d.type = :type) AND (:key = '' OR d.key = :key)
  AND (:consumer = '' OR d.consumer = :consumer) AND (CAST(:before AS timestamptz) IS NULL OR d.since < :before)
"""
_BEHIND = """
(SELECT count(*) FROM waiting w WHERE w.consumer = d.consumer AND w.hold = 'operator' AND w.principal = d.principal AND w.key = d.key)
"""
_LETTERS = f"""
SELECT d.id, d.consumer, d.principal, d.key, d.reason, d.faults, d.type, d.topic, d.partition, d."offset", d.since, d.state,
       {_BEHIND} AS behind, d.event, d.timestamp, d.headers, d.value
FROM dead_letters d
"""  # noqa: S608 - words of our own, values are bound
_LIST = text(f'{_LETTERS} {_CHOSEN} ORDER BY d.topic, d.partition, d."offset", d.part LIMIT :most')
_ONE = text(f"{_LETTERS} WHERE CAST(d.id AS text) LIKE :prefix ORDER BY d.id LIMIT 2")
_WAITING = text(
    """
SELECT consumer, principal, key, hold, kind, awaited_ref, type, topic, partition, "offset", since, until FROM waiting
WHERE (:principal = '' OR principal = :principal) AND (:key = '' OR key = :key) AND (:hold = '' OR hold = :hold)
ORDER BY principal, key, topic, partition, "offset" LIMIT :most
"""
)


class Choice(NamedTuple):
    """Which dead letters; what is empty does not matter. `before`: only those that old."""

    state: str = "open"
    topic: str = ""
    principal: str = ""
    reason: str = ""
    type: str = ""
    key: str = ""
    consumer: str = ""
    before: datetime | None = None


class Letter(NamedTuple):
    """A dead letter as an operator sees it; `behind` counts the records that its key holds, `event` is its name in the journal."""

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
    timestamp: int
    headers: bytes
    value: bytes | None

    @property
    def is_journalled(self) -> bool:
        """Whether it kept its contract, and only a rule refused it."""
        return self.event is not None


class Parked(NamedTuple):
    """A record that waits: for news of (`kind`, `awaited_ref`), for an operator, or for a newer process."""

    consumer: str
    principal: str
    key: str | None
    hold: str
    kind: str
    awaited_ref: str
    type: str
    topic: str
    partition: int
    offset: int
    since: datetime
    until: datetime | None


async def letters(moment: Snapshot, choice: Choice, most: int) -> list[Letter]:
    """Those chosen, in their order of arrival per topic."""
    return [Letter(*row) for row in await moment.execute(_LIST, {**choice._asdict(), "most": most})]


async def letters_named(moment: Snapshot, prefix: str) -> list[Letter]:
    """At most two whose id begins so."""
    return [Letter(*row) for row in await moment.execute(_ONE, {"prefix": f"{prefix.lower()}%"})]


async def parked(moment: Snapshot, principal: str, key: str, hold: str, most: int) -> list[Parked]:
    """Records that wait, by key, in their order of arrival."""
    rows = await moment.execute(_WAITING, {"principal": principal, "key": key, "hold": hold, "most": most})
    return [Parked(*row) for row in rows]
