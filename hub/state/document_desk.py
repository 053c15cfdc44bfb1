"""Who got which version of a sales document, as the deliveries tell."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from hub.state.reading import Snapshot

_COUNTS = sa.text("""
SELECT d.version, d.channel, d.state, count(*) FROM (
    SELECT substr(one.ref, length(:id) + 2) AS version, coalesce(channel, '') AS channel, state
    FROM deliveries, jsonb_array_elements_text(documents) AS one (ref)
    WHERE documents <> '[]' AND starts_with(one.ref, :id || '@')
) d GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")
_RECIPIENTS = sa.text("""
SELECT principal, person_kind, person, coalesce(channel, ''), state, changed_at, campaign FROM deliveries
WHERE documents <> '[]' AND jsonb_exists(documents, :document) ORDER BY changed_at DESC, id LIMIT :most
""")


class Sent(NamedTuple):
    """How many deliveries carried a version, by channel and state."""

    version: str
    channel: str
    state: str
    deliveries: int


class Recipient(NamedTuple):
    """Somebody to whom a version was to go, and what became of it."""

    principal: str
    person_kind: str
    person: str
    channel: str
    state: str
    at: datetime
    campaign: str | None


async def counts(snapshot: Snapshot, document: str) -> list[Sent]:
    """What became of each version of a document."""
    return [Sent(*row) for row in await snapshot.execute(_COUNTS, {"id": document})]


async def recipients(snapshot: Snapshot, document: str, version: str, most: int) -> list[Recipient]:
    """To whom a version went, the latest first."""
    rows = await snapshot.execute(_RECIPIENTS, {"document": f"{document}@{version}", "most": most})
    return [Recipient(*row) for row in rows]
