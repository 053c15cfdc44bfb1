"""Locks at which transactions meet that speak of the same subjects, so that none misses what another is about to commit."""

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b
from uuid import UUID

from hub.rules.decision import Subject
from hub.state.store import Connection

_BUCKETS = 64  # for each store: a lock for each subject would be more than a server has room for
_LOCK = """
SELECT CASE WHEN l.is_alone THEN pg_advisory_xact_lock(l.key) ELSE pg_advisory_xact_lock_shared(l.key) END
FROM unnest($1::bigint[], $2::bool[]) AS l (key, is_alone)
"""
_TARGETS = """
SELECT {lock}(t.key) FROM (
    SELECT DISTINCT hashtextextended(concat('corrected ', current_schema(), ' ', get_byte(uuid_send(e.event), 15) % {buckets}), 0) AS key
    FROM ({events}) AS e (event) ORDER BY 1) AS t
"""
_CORRECTING = _TARGETS.format(
    lock="pg_advisory_xact_lock", buckets=_BUCKETS, events="SELECT target FROM corrections WHERE event = ANY($1::uuid[])"
)
_COMING_BACK = _TARGETS.format(lock="pg_advisory_xact_lock_shared", buckets=_BUCKETS, events="SELECT unnest($1::uuid[])")


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


async def correcting(connection: Connection, corrections: Sequence[UUID]) -> None:
    """Wait until whatever these events correct is not coming back; what comes back from now on waits until the transaction ends."""
    await connection.execute(_CORRECTING, corrections)


async def coming_back(connection: Connection, events: Sequence[UUID]) -> None:
    """The same from the other side, for what was set aside before and is to count now: the offsets of its topic say nothing of it.

    Before anything is asked about these events: who corrects them is known afterwards, or knows of them.
    """
    await connection.execute(_COMING_BACK, events)
