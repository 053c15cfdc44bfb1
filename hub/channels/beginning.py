"""Begin to send what is in hand (T4): the lease is looked at once more, and every limit asked, just before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from hub.channels.claim import Claimed, Hand, Now
from hub.rules.limits import Limits
from hub.rules.windows import Limit, Shared, share
from hub.state import outcomes, send_windows
from hub.state.store import Connection

SLACK = 0.02
"""So much of its shortest window may go by until a send begins.

Every window is kept longer by as much, so that it holds at the provider's door.
"""


class Begun(NamedTuple):
    """What may be sent now, until `punctual` by this process's steady clock. What `waits` may not yet: ask again after `pause` seconds.

    Neither one nor the other: it is not ours any more, or was given back.
    """

    started: Sequence[Claimed]
    punctual: float
    waits: Sequence[Claimed]
    pause: float


async def begin(
    connection: Connection, hand: Hand, asked: Sequence[Claimed], provider: str, limits: Limits, longest: float, now: Now
) -> Begun:
    """Note that sending begins, for as many as the limits leave room for over all couriers.

    What the provider has no room for stays in hand. What a domain has no room for goes back: others must not wait behind it.
    """
    held = [limits.of(provider, one.address) for one in asked]
    by_scope = {scope: Limit(limit.most, limit.within * (1 + SLACK)) for scopes in held for scope, limit in scopes.items()}
    slack = min((limit.within.total_seconds() * SLACK for scopes in held for limit in scopes.values()), default=0.0)
    async with connection.transaction():
        windows = await send_windows.lock(connection, sorted(by_scope)) if by_scope else {}
        leased = await outcomes.mine(
            connection, hand.token, [one.due.id for one in asked], await now(connection), timedelta(seconds=longest)
        )
        ours = [(one, scopes) for one, scopes in zip(asked, held, strict=True) if one.due.id in leased]
        punctual = monotonic() + slack if by_scope else hand.until  # before the clock is read: never too long
        moment = await now(connection)
        shared = share([tuple(scopes) for _, scopes in ours], by_scope, windows, moment)
        if by_scope:
            await send_windows.keep(connection, shared.windows)
        started = [ours[place][0] for place in shared.started]
        if started:
            await outcomes.start(connection, [one.due.id for one in started], shared.at)
        waits = [ours[place][0] for place, scope in shared.waiting.items() if scope == provider]
        back = [(ours[place][0], scope) for place, scope in shared.waiting.items() if scope != provider]
        if back:
            await outcomes.give_back(connection, hand.token, _apart(back, shared, by_scope), moment)
    pause = max(0.0, (shared.again_at[provider] - shared.at).total_seconds()) if waits else 0.0
    return Begun(started, punctual, waits, pause)


def _apart(back: Sequence[tuple[Claimed, str]], shared: Shared, limits: dict[str, Limit]) -> list[tuple[UUID, datetime, str | None]]:
    """When each may come again: so many of a domain with every window that opens."""
    counted: dict[str, int] = {}
    given: list[tuple[UUID, datetime, str | None]] = []
    for one, scope in back:
        place = counted[scope] = counted.get(scope, -1) + 1
        limit = limits[scope]
        given.append((one.due.id, shared.again_at[scope] + limit.within * (place // limit.most), "domain limit"))
    return given
