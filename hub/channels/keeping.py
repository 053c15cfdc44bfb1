"""What any courier does for all of them now and then: end expired claims, settle by reports, give channels, pull brakes."""

from time import monotonic

from hub.channels.claim import Desk
from hub.channels.telling import tell
from hub.rules.bounce_wave import Brake, is_wave
from hub.state import brakes, outcomes
from hub.state.store import Connection
from hub.telemetry import log

_MOST = 500
_SELDOM = 15.0


class Keeper:
    """Looks at what is cheap to see in every round, and at the rest every quarter of a minute."""

    def __init__(self, desk: Desk, brake: Brake) -> None:
        self._desk, self._brake = desk, brake
        self._looked_at = -_SELDOM

    async def round(self, connection: Connection) -> bool:
        """One round; returns whether there may be more to do at once."""
        now = await self._desk.now(connection)
        async with connection.transaction():
            lapsed = await outcomes.lapse(connection, now, _MOST)
            await tell(connection, lapsed)
        if lapsed:
            log.warning("courier.leases_expired", count=len(lapsed))
        async with connection.transaction():
            await tell(connection, await outcomes.settle_reported(connection, now))
        routed = await self._desk.route(connection, _MOST)
        is_more = _MOST in {len(lapsed), routed}
        if monotonic() - self._looked_at >= _SELDOM:
            is_more = await self._seldom(connection) or is_more
            self._looked_at = monotonic()
        return is_more

    async def _seldom(self, connection: Connection) -> bool:
        """What lies where no lane comes by expires too; and what came back late may be a wave."""
        now = await self._desk.now(connection)
        async with connection.transaction():
            expired = await outcomes.expire(connection, now, _MOST)
            await tell(connection, expired)
        came_back = await brakes.came_back(connection, now)
        if wave := [scope for scope, tally in came_back.items() if is_wave(tally, self._brake)]:
            for scope in await brakes.pull(connection, wave, now):
                log.error("courier.brake_pulled", scope=scope)
        return len(expired) == _MOST
