"""Locks at which transactions meet that speak of the same subjects, so that none misses what another is about to commit."""

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b
from uuid import UUID

from hub.rules.decision import Subject
from hub.state.store import Connection

_BUCKETS = 64  # for each store, and for what is corrected: a lock for each subject or event would be more than a server has room for
_LOCK = """
SELECT CASE WHEN l.is_alone THEN pg_advisory_xact_lock(l.key) ELSE pg_advisory_xact_lock_shared(l.key) END
FROM unnest($1::bigint[], $2::bool[]) AS l (key, is_alone)
"""
_MEET = """
SELECT {locked} FROM (
    SELECT DISTINCT hashtextextended(
        concat_ws(' ', 'corrected', current_schema(), $1::text, get_byte(uuid_send(e.event), 15) % {buckets}), 0) AS key
    FROM ({events}) AS e (event) ORDER BY 1) AS t
"""
_CORRECTING = _MEET.format(
    locked="bool_and(pg_try_advisory_xact_lock(t.key))",
    buckets=_BUCKETS,
    events="SELECT target FROM corrections WHERE event = ANY($2::uuid[])",
)
_COMING_BACK = _MEET.format(locked="count(pg_advisory_xact_lock_shared(t.key))", buckets=_BUCKETS, events="SELECT unnest($2::uuid[])")


def place(store: str, subject: Subject) -> int:
    """Where whoever speaks of a subject meets."""
    return _key(store, blake2b("\0".join(subject).encode(), digest_size=1).digest()[0] % _BUCKETS)


@cache
def _key(store: str, bucket: int) -> int:
    return int.from_bytes(blake2b(f"meeting\0{store}\0{bucket}".encode(), digest_size=8).digest(), "big", signed=True)


async def lock(connection: Connection, alone: Iterable[int], together: Iterable[int]) -> None:
    """Take these places until the transaction ends, some of them alone; in one order, so that nobody waits in a circle."""
    wanted = dict.fromkeys(together, False) | dict.fromkeys(alone, True)
    await connection.execute(_LOCK, *zip(*sorted(wanted.items()), strict=True))


async def correcting(connection: Connection, consumer: str, corrections: Sequence[UUID]) -> bool:
    """Whether nothing that these events correct is coming back just now; what would, waits until the transaction ends.

    Whoever is told no does not wait: it may hold what all others need. Events that correct nothing are passed over.
    """
    return await connection.fetchval(_CORRECTING, consumer, corrections) is not False


async def coming_back(connection: Connection, consumer: str, events: Sequence[UUID]) -> None:
    """Wait until nobody is correcting these events, which were set aside and are to count: the offsets of their topics say nothing of them.

    Before anything is asked about them: whoever corrects them is known afterwards, or finds them.
    """
    await connection.execute(_COMING_BACK, consumer, events)
