"""Locks at which transactions meet that speak of the same subjects, so that none misses what another is about to commit."""

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b

from hub.rules.decision import Subject
from hub.state.store import Connection

_BUCKETS = 64  # for each store: a lock for each subject would be more than a server has room for
_LOCK = """
SELECT CASE WHEN l.is_alone THEN pg_advisory_xact_lock(l.key) ELSE pg_advisory_xact_lock_shared(l.key) END
FROM unnest($1::bigint[], $2::bool[]) AS l (key, is_alone)
"""


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
