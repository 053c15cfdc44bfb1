"""Hold couriers after a restore, until it is known what may have gone before it."""

from hub.channels.telling import tell
from hub.operations.places import COURIER
from hub.state import claims, delivery_desk, steering
from hub.state.steering import Pause, Scope
from hub.state.store import Connection

_RECOVERED = "recovered: "


def is_recovered(pause: Pause) -> bool:
    """Whether it holds couriers because of a restore: what was planned since may be what had gone before."""
    return pause.scope.consumer == COURIER and pause.why.startswith(_RECOVERED)


async def hold(connection: Connection, cluster_id: str, who: str, why: str) -> int:
    """Let no courier claim anything, and of all that could have been claimed say that it is unknown; returns how many that are."""
    await steering.pause(connection, Scope(COURIER), cluster_id, who, f"{_RECOVERED}{why}", [])
    return await doubt(connection)


async def doubt(connection: Connection) -> int:
    """Of all that may have gone by now, as far as the ledger can tell, say that it is unknown; returns how many that are."""
    async with connection.transaction():
        found = await delivery_desk.doubt(connection, await claims.database_time(connection))
        await tell(connection, found)
    return len(found)
