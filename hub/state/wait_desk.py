"""Look through the records that wait, as an operator does."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from hub.state.reading import Snapshot

_COLUMNS = (
    'id, consumer, principal, key, hold, kind, awaited_ref, type, topic, partition, "offset", since, until, event, part, store, whose, ref'
)
_CHOSEN = """
WHERE (:hold = '' OR hold = :hold) AND (:topic = '' OR topic = :topic) AND (:principal = '' OR principal = :principal)
  AND (:type = '' OR type = :type) AND (:key = '' OR key = :key) AND (:consumer = '' OR consumer = :consumer)
  AND (:kind = '' OR kind = :kind) AND (:awaited = '' OR awaited_ref = :awaited)
  AND (CAST(:before AS timestamptz) IS NULL OR since < :before) AND (CAST(:after AS timestamptz) IS NULL OR since > :after)
"""
_LIST = text(f'SELECT {_COLUMNS} FROM waiting {_CHOSEN} ORDER BY principal, key, topic, partition, "offset", part LIMIT :most')  # noqa: S608 - names of our own
_NAMED = text(f"SELECT {_COLUMNS} FROM waiting WHERE CAST(id AS text) LIKE :prefix ORDER BY id LIMIT 2")  # noqa: S608 - names of our own
_CAME = text("SELECT came_at FROM awaited WHERE kind = :kind AND ref = :ref")


class Choice(NamedTuple):
    """Which records that wait; what is empty does not matter. They have waited since `before`, or not as long as since `after`."""

    hold: str = ""
    topic: str = ""
    principal: str = ""
    type: str = ""
    key: str = ""
    consumer: str = ""
    kind: str = ""
    awaited: str = ""
    before: datetime | None = None
    after: datetime | None = None


class Parked(NamedTuple):
    """A record that waits: for news of (`kind`, `awaited_ref`), for an operator, or for a newer process."""

    id: UUID
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
    event: UUID | None
    part: int
    store: str
    whose: str
    ref: str


async def parked(moment: Snapshot, choice: Choice, most: int) -> list[Parked]:
    """Those chosen, by key, in their order of arrival."""
    return [Parked(*row) for row in await moment.execute(_LIST, {**choice._asdict(), "most": most})]


async def parked_named(moment: Snapshot, prefix: str) -> list[Parked]:
    """At most two whose id begins so."""
    return [Parked(*row) for row in await moment.execute(_NAMED, {"prefix": f"{prefix.lower()}%"})]


async def came_at(moment: Snapshot, wait: Parked) -> datetime | None:
    """When what it waits for last came, if it ever did."""
    return (await moment.execute(_CAME, {"kind": wait.kind, "ref": wait.awaited_ref})).scalar()
