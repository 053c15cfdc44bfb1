"""What people agreed to and which addresses are left alone, looked up for many deliveries at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from contracts.base import ConsentPurpose
from hub.rules.consents import ANY
from hub.rules.permission import OPEN_COMPLAINT, Standing
from hub.rules.suppressions import OWNER
from hub.state.complaints import complaining
from hub.state.rows import RowType
from hub.state.store import Connection

ROWS = RowType(
    "wish",
    {
        "principal": "text",
        "person_kind": "text",
        "person": "text",
        "channel": "text",
        "purpose": "text",
        "grantee": "text",
        "address": "text",
    },
)
"""A session that looks up standings needs it made first (`rows.make`); a `Wish` is such a row."""

_STANDINGS = f"""
WITH purposes AS (
    SELECT DISTINCT ON (id) id, retired, body FROM base_data
    WHERE kind = '{ConsentPurpose.KIND}' AND id = ANY($2::text[]) AND effective_from <= ($3::timestamptz AT TIME ZONE 'UTC')::date
    ORDER BY id, effective_from DESC
)
SELECT coalesce(NOT p.retired, false), coalesce((p.body ->> 'is_marketing')::boolean, true),
    coalesce(p.body -> 'needs_consent' ? a.channel, true), c.given_at, c.withdrawn_at, s.unsubscribed_at, s.reasons
FROM unnest($1::{ROWS.array}) WITH ORDINALITY AS a ({", ".join(ROWS.columns)}, n)
LEFT JOIN purposes p ON p.id = a.purpose
LEFT JOIN LATERAL (
    SELECT max(since) FILTER (WHERE status = 'given') AS given_at, max(since) FILTER (WHERE status = 'withdrawn') AS withdrawn_at
    FROM consents t WHERE t.principal = a.principal AND t.person = a.person AND t.person_kind = a.person_kind AND t.grantee = a.grantee
        AND t.channel IN (a.channel, '{ANY}') AND t.purpose IN (a.purpose, '{ANY}')
) c ON true
LEFT JOIN LATERAL (
    SELECT max(since) FILTER (WHERE t.grantee <> '{ANY}') AS unsubscribed_at,
        array_agg(r.reason) FILTER (WHERE t.grantee = '{ANY}') AS reasons
    FROM suppressions t, jsonb_object_keys(t.reasons) AS r (reason)
    WHERE t.address = a.address AND t.channel = a.channel AND t.principal = '{OWNER}' AND t.is_suppressed
        AND (t.grantee, t.purpose) IN (('{ANY}', '{ANY}'), (a.grantee, a.purpose))
) s ON true
ORDER BY a.n
"""  # noqa: S608 - names of our own


class Wish(NamedTuple):
    """Something to be sent: to whom, whose reference that is, over which channel, for what, by whom; `address` is its key."""

    principal: str
    person_kind: str
    person: str
    channel: str
    purpose: str
    grantee: str
    address: str


async def standings(connection: Connection, wishes: Sequence[Wish], at: datetime) -> list[Standing]:
    """What is known about each, in their order, as the transaction sees it; in two statements, however many there are."""
    rows = await connection.fetch(_STANDINGS, wishes, list({wish.purpose for wish in wishes}), at)
    complaints = await complaining(connection, {wish[:3] for wish in wishes})
    return [
        Standing._make((*row[:6], tuple(sorted(row[6] or ())) + ((OPEN_COMPLAINT,) if wish[:3] in complaints else ())))
        for wish, row in zip(wishes, map(tuple, rows), strict=True)
    ]
