"""The entries of the ledger: only ever added, each posting balanced; the table itself refuses anything else."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.rules.decision import Subject
from hub.state.store import Connection

_BALANCES = """
SELECT e.principal, e.ref, e.account, e.currency, sum(e.minor)::bigint
FROM unnest($2::text[], $3::text[]) AS k (principal, ref)
JOIN entries e ON e.store = $1 AND e.principal = k.principal AND e.ref = k.ref
GROUP BY 1, 2, 3, 4
"""

_ADD = """
INSERT INTO entries (store, principal, ref, posting, account, currency, minor, because, occurred_at)
SELECT $1, n.* FROM unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::uuid[], $9::timestamptz[]) AS n
"""


class Entry(NamedTuple):
    """One leg of a posting, on a subject's account; minor units, debits positive."""

    principal: str
    ref: str
    posting: UUID
    account: str
    currency: str
    minor: int
    because: UUID
    occurred_at: datetime


async def balances(connection: Connection, store: str, subjects: Sequence[Subject]) -> dict[Subject, dict[tuple[str, str], int]]:
    """What is posted for each subject, by account and currency."""
    found: dict[Subject, dict[tuple[str, str], int]] = defaultdict(dict)
    for row in await connection.fetch(_BALANCES, store, [s.principal for s in subjects], [s.ref for s in subjects]):
        found[Subject(row[0], row[1])][row[2], row[3]] = row[4]
    return found


async def add(connection: Connection, store: str, entries: Iterable[Entry]) -> None:
    """Add entries, all of their postings whole."""
    await connection.execute(_ADD, store, *map(list, zip(*entries, strict=True)))
