"""Who has a complaint that is open, looked up for many people at once."""

from collections.abc import Collection

from hub.rules.complaints import OPEN
from hub.state.store import Connection

Who = tuple[str, str, str]
"""Whose reference it is, the kind of person, and the reference."""

_OPEN = f"""
SELECT a.principal, a.kind, a.ref FROM unnest($1::text[], $2::text[], $3::text[]) AS a (principal, kind, ref)
WHERE EXISTS (
    SELECT FROM complaints c WHERE c.whose = a.principal AND c.status = '{OPEN}' AND c.customer = CASE a.kind
        WHEN 'customer' THEN a.ref
        WHEN 'contact' THEN (SELECT p.customer FROM contacts p WHERE p.principal = a.principal AND p.ref = a.ref)
        ELSE (SELECT l.customer FROM leads l WHERE l.principal = a.principal AND l.ref = a.ref) END)
"""  # noqa: S608 - a word of our own


async def complaining(connection: Connection, people: Collection[Who]) -> set[Who]:
    """Those of them who are, or belong to, a customer with an open complaint."""
    rows = await connection.fetch(_OPEN, *map(list, zip(*people, strict=True))) if people else []
    return {(row[0], row[1], row[2]) for row in rows}
