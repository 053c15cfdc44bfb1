"""One look at the state store for a person: a snapshot that nothing changes while it is read."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeAlias

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError, Unavailable
from hub.state.engine import engine

Snapshot: TypeAlias = AsyncConnection

_SCHEMA = ("UndefinedTableError", "UndefinedColumnError")


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[Snapshot]:
    """A read-only transaction in which every query sees the same moment.

    Raises Unavailable where the server does not answer, HubError where its schema is not this version's.
    """
    store = engine(url)
    try:
        with answering(url):
            async with store.connect() as connection:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                async with connection.begin():
                    yield connection
    finally:
        await store.dispose()


@contextmanager
def answering(url: str) -> Iterator[None]:
    """Tell what the server of that URL fails at in a person's words; anything else flies on."""
    try:
        yield
    except (OSError, asyncpg.PostgresError) as error:  # while connecting, asyncpg's own errors come through
        raise _away(url, error) from None
    except DBAPIError as error:
        cause = getattr(error.orig, "__cause__", None) or error.orig
        if type(cause).__name__ in _SCHEMA:
            raise HubError("the state store has not this version's schema: hub migrate") from None
        if error.connection_invalidated or isinstance(cause, OSError | asyncpg.PostgresConnectionError):
            raise _away(url, error) from None
        if isinstance(cause, asyncpg.InsufficientPrivilegeError):
            raise HubError(f"the database does not let {make_url(url).username} do that: {cause}") from None
        raise


def _away(url: str, error: BaseException) -> Unavailable:
    where = make_url(url)
    return Unavailable(f"PostgreSQL at {where.host}:{where.port or 5432} ({where.database}) does not answer: {error}")
