"""What people agreed to and which addresses are left alone, looked up for many deliveries at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from contracts.base import ConsentPurpose
from hub.rules.consents import ANY
from hub.rules.permission import Standing
from hub.rules.suppressions import OWNER
from hub.state.store import Connection

_STANDINGS = f"""
WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) WITH ORDINALITY
        AS a (principal, person_kind, person, channel, purpose, grantee, address, n)
), purposes AS (
    SELECT DISTINCT ON (id) id, retired, body FROM base_data
    WHERE kind = '{ConsentPurpose.KIND}' AND id = ANY($5::text[]) AND effective_from <= ($8::timestamptz AT TIME ZONE 'UTC')::date
    ORDER BY id, effective_from DESC
)
SELECT coalesce(NOT p.retired, false), coalesce((p.body ->> 'is_marketing')::boolean, true),
    coalesce(p.body -> 'needs_consent' ? a.channel, true), c.given_at, c.withdrawn_at, s.unsubscribed_at, coalesce(s.reasons, '{{}}')
FROM asked a
LEFT JOIN purposes p ON p.id = a.purpose
LEFT JOIN LATERAL (
    SELECT max(since) FILTER (WHERE status = 'given') AS given_at, max(since) FILTER (WHERE status = 'withdrawn') AS withdrawn_at
    FROM consents WHERE principal = a.principal AND ref IN (
        concat_ws('/', a.channel, a.purpose, a.grantee, a.person_kind, a.person),
        concat_ws('/', a.channel, '{ANY}', a.grantee, a.person_kind, a.person),
        concat_ws('/', '{ANY}', a.purpose, a.grantee, a.person_kind, a.person),
        concat_ws('/', '{ANY}', '{ANY}', a.grantee, a.person_kind, a.person))
) c ON true
LEFT JOIN LATERAL (
    SELECT max(since) FILTER (WHERE t.grantee <> '{ANY}') AS unsubscribed_at,
        array_agg(r.reason) FILTER (WHERE t.grantee = '{ANY}') AS reasons
    FROM suppressions t, jsonb_object_keys(t.reasons) AS r (reason)
    WHERE t.principal = '{OWNER}' AND t.is_suppressed AND t.ref IN (
        concat_ws('/', a.channel, a.address, '{ANY}', '{ANY}'), concat_ws('/', a.channel, a.address, a.grantee, a.purpose))
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
    """What is known about each, in their order, as the transaction sees it; in one statement, however many there are."""
    columns = [list(column) for column in zip(*wishes, strict=True)] or [[] for _ in Wish._fields]
    rows = await connection.fetch(_STANDINGS, *columns, at)
    return [Standing._make((*row[:6], tuple(sorted(row[6])))) for row in map(tuple, rows)]
