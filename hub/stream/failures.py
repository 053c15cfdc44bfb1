"""What an error means for the batch that met it."""

from enum import Enum
from typing import Any, NoReturn

import asyncpg

from hub.state.connect import CUT_OFF


class Meaning(Enum):
    """What to do next."""

    RECORD = "one of the records cannot be stored: find it"
    AGAIN = "another transaction was in the way: try again at once"
    LATER = "the database is away: try until it is back"
    UNKNOWN = "nobody knows: stop this partition and call somebody"


class Fenced(Exception):  # noqa: N818 - not a fault: somebody else owns the partition now
    """The epoch of a partition in the database is no longer ours."""

    def __init__(self, topic: str, partition: int) -> None:
        self.topic, self.partition = topic, partition
        super().__init__(f"{topic}[{partition}]")


class Gap(Exception):  # noqa: N818 - not a fault until it shows twice
    """Records between the next offset and the first one fetched are missing."""

    def __init__(self, topic: str, partition: int, next_offset: int, first: int) -> None:
        self.topic, self.partition, self.next_offset, self.first = topic, partition, next_offset, first
        super().__init__(f"{topic}[{partition}]: wanted {next_offset}, got {first}")


class Conflict(Exception):  # noqa: N818 - settled by folding again
    """A state or base data changed between load and save."""


class Otherwise(Exception):  # noqa: N818 - the batch is rolled back, and looked at closely
    """Not all is as it was taken for: nothing may come of what was done at once."""


class _Nobody:
    """In the place of a connection, where nothing may be asked: whoever has to ask after all finds that not all is as it was taken for."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Otherwise


NOBODY: Any = _Nobody()

_BY_CLASS = {
    "22": Meaning.RECORD,  # data exception
    "23": Meaning.RECORD,  # integrity constraint violation
    "08": Meaning.LATER,  # connection exception
    "28": Meaning.LATER,  # invalid authorization: a password is being changed, and no record is to blame
    "3D": Meaning.LATER,  # no such database: it is being restored
    "53": Meaning.LATER,  # insufficient resources
    "57": Meaning.LATER,  # operator intervention
    "58": Meaning.LATER,  # the server's disk or files: nothing was written, and no record is to blame
}
_BY_STATE = {
    "40001": Meaning.AGAIN,  # serialization failure
    "40P01": Meaning.AGAIN,  # deadlock detected
    "55P03": Meaning.AGAIN,  # lock not available
    "25006": Meaning.LATER,  # read-only transaction: a failover is under way
    "25P03": Meaning.LATER,  # idle in transaction for too long: the session is gone
}


def meaning(error: BaseException) -> Meaning:
    """Classify by SQLSTATE where there is one; an error that cannot be named is never skipped."""
    if isinstance(error, Conflict | asyncpg.InvalidCachedStatementError):  # of a table that a migration changed; its plan is forgotten now
        return Meaning.AGAIN
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return _BY_STATE.get(state) or _BY_CLASS.get(state[:2], Meaning.UNKNOWN)
    if isinstance(error, UnicodeEncodeError | OverflowError):
        return Meaning.RECORD  # the client could not encode a value
    return Meaning.LATER if isinstance(error, CUT_OFF) else Meaning.UNKNOWN
