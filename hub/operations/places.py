"""Read which of a consumer's partitions an operator means, and reach the store to act upon them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from contracts.topics import ACTS
from hub.consumers import CONSUMERS
from hub.errors import HubError, InputError
from hub.settings import Settings
from hub.state.connect import connect
from hub.state.reading import answering
from hub.state.steering import Scope
from hub.state.store import Connection

COURIER = "courier"
"""It reads no topic; paused, it claims nothing."""

_PLACE = re.compile(r"(?P<topic>[^:\s]+)(?::(?P<partition>\d{1,9}))?\Z")
_PATIENCE_MS = 60_000


def scope(consumer: str, place: str = "") -> Scope:
    """A consumer, or one of its topics or partitions, `TOPIC[:PARTITION]`; raises InputError where there can be no such thing."""
    if consumer == COURIER and not place:
        return Scope(COURIER)
    known = CONSUMERS.get(consumer)
    if known is None:
        raise InputError("CONSUMER", f"one of {', '.join(CONSUMERS)}, or {COURIER}, which has no topics", consumer)
    if not place:
        return Scope(consumer)
    match = _PLACE.match(place)
    if match is None or known.topic(match["topic"]) is None:
        raise InputError("TOPIC[:PARTITION]", f"a topic that {consumer} reads ({', '.join(topic.name for topic in known.topics)})", place)
    return Scope(consumer, match["topic"]) if match["partition"] is None else Scope(consumer, match["topic"], int(match["partition"]))


def pausable(asked: Scope) -> None:
    """Raise InputError for the topic by which a consumer is told to go on."""
    if asked.topic == ACTS.name:
        raise InputError("TOPIC[:PARTITION]", f"another topic: {ACTS.name} cannot be paused, operators' acts come by it", asked.topic)


@asynccontextmanager
async def store(settings: Settings) -> AsyncIterator[Connection]:
    """A connection that waits for running batches; what the server fails at is told in plain words."""
    url = settings.database_url.get_secret_value()
    with answering(url):
        try:
            connection = await connect(url, name="hub operator", lock_timeout_ms=_PATIENCE_MS)
            try:
                yield connection
            finally:
                await connection.close(timeout=5)
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
            raise HubError("the state store has not this version's schema: hub migrate") from None
        except asyncpg.InsufficientPrivilegeError as error:
            raise HubError(f"the database does not let this role do that: {error}") from None
        except asyncpg.LockNotAvailableError:
            raise HubError("a batch has held its partition for a minute: nothing was changed, try again") from None
