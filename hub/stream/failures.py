"""What an error means for the batch that met it."""

import asyncio
from enum import Enum

import asyncpg


class Meaning(Enum):
    """What to do next."""

    RECORD = "one of the records cannot be stored: find it"
    AGAIN = "another transaction was in the way: try again at once"
    LATER = "the database is away: try until it is back"
    UNKNOWN = "nobody knows: stop this partition and call somebody"


class Fenced(Exception):  # noqa: N818 - not a fault: somebody else owns the partition now
    """The epoch in the database is no longer ours."""


class Gap(Exception):  # noqa: N818 - not a fault until it shows twice
    """Records between the next offset and the first one fetched are missing."""

    def __init__(self, topic: str, partition: int, next_offset: int, first: int) -> None:
        self.topic, self.partition, self.next_offset, self.first = topic, partition, next_offset, first
        super().__init__(f"{topic}[{partition}]: wanted {next_offset}, got {first}")


class Conflict(Exception):  # noqa: N818 - settled by folding again
    """A state or base data changed between load and save."""


_AGAIN = {"40001", "40P01", "55P03"}
_LATER = {"08", "57", "53"}
_READ_ONLY = "25006"
_IDLE_IN_TRANSACTION = "25P03"


def meaning(error: BaseException) -> Meaning:
    """Classify by SQLSTATE where there is one; an error that cannot be named is never skipped."""
    if isinstance(error, Conflict):
        return Meaning.AGAIN
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        if state[:2] in {"22", "23"}:
            return Meaning.RECORD
        if state in _AGAIN:
            return Meaning.AGAIN
        if state[:2] in _LATER or state in {_READ_ONLY, _IDLE_IN_TRANSACTION}:
            return Meaning.LATER
        return Meaning.UNKNOWN
    if isinstance(error, asyncpg.exceptions.DataError | UnicodeEncodeError | OverflowError):
        return Meaning.RECORD  # the client could not encode a value
    if isinstance(error, OSError | TimeoutError | asyncio.TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return Meaning.LATER
    return Meaning.UNKNOWN
