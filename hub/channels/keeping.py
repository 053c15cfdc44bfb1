"""What any courier does for all of them now and then: end expired claims, settle by reports, give channels, pull brakes."""

from hub.channels.claim import Desk
from hub.channels.telling import tell
from hub.rules.bounce_wave import Brake, is_wave
from hub.state import brakes, outcomes
from hub.state.store import Connection
from hub.telemetry import log

_MOST = 500


async def keep(connection: Connection, desk: Desk, brake: Brake) -> bool:
    """One round; returns whether there may be more to do at once."""
    now = await desk.now(connection)
    async with connection.transaction():
        lapsed = await outcomes.lapse(connection, now, _MOST)
        await tell(connection, lapsed)
    if lapsed:
        log.warning("courier.leases_expired", count=len(lapsed))
    async with connection.transaction():
        await tell(connection, await outcomes.settle_reported(connection, now))
    came_back = await brakes.came_back(connection, now)
    if wave := [scope for scope, tally in came_back.items() if is_wave(tally, brake)]:
        for scope in await brakes.pull(connection, wave, now):
            log.error("courier.brake_pulled", scope=scope)
    routed = await desk.route(connection, _MOST)
    return _MOST in {len(lapsed), routed}
