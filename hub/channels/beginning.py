"""Begin to send what is in hand (T4): the lease is looked at once more, and every limit asked, just before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from hub.channels.claim import Claimed, Hand, Now
from hub.rules.limits import Limits
from hub.rules.windows import Limit, Shared, share, without
from hub.state import outcomes, send_windows
from hub.state.store import Connection

SLACK = 0.02
"""So much of its shortest window may go by until a send begins.

Every window is kept longer by as much, so that it holds at the provider's door.
"""


LEAST_AHEAD, MOST_AHEAD = 0.2, 2.0
"""So many seconds before its moment a start may be laid down, so that it does not wait for the database when the moment has come."""


class Started(NamedTuple):
    """One that is to be sent at its moment, `at`: not before `earliest` nor after `latest`, by this process's steady clock."""

    one: Claimed
    at: datetime | None
    earliest: float
    latest: float


class Begun(NamedTuple):
    """What may be sent. What `waits` may not yet: ask again after `pause` seconds.

    Neither one nor the other: it is not ours any more, or was given back.
    """

    started: Sequence[Started]
    waits: Sequence[Claimed]
    pause: float


async def begin(
    connection: Connection,
    hand: Hand,
    asked: Sequence[Claimed],
    provider: str,
    limits: Limits,
    longest: float,
    now: Now,
    *,
    missed: Sequence[Started] = (),
    ahead: float = LEAST_AHEAD,
    soonest: float = 0.0,
) -> Begun:
    """Note that sending begins, for as many as the limits leave room for over all couriers, each at its moment.

    What the provider has no room for stays in hand. What a domain has no room for goes back: others must not wait behind it. `missed`
    are starts of this process that did not come to be, since it was busy when their moment had come: their room is given back. `ahead`:
    so many seconds ahead of its moment a start may be laid down; `soonest`: nor will this be committed before so many.
    """
    until, lease = hand.until - longest, timedelta(seconds=longest)
    if not limits.is_kept(provider):
        ids = [one.due.id for one in asked]
        leased = await outcomes.start_mine(connection, hand.token, ids, await now(connection), lease)
        return Begun([Started(one, None, 0.0, until) for one in asked if one.due.id in leased], [], 0.0)
    held = [limits.of(provider, one.address) for one in asked]
    unused = [(scope, start.at) for start in missed for scope in limits.of(provider, start.one.address) if start.at]
    by_scope = {scope: _longer(limit) for scopes in held for scope, limit in scopes.items()}
    slack = min((limit.within.total_seconds() * SLACK for scopes in held for limit in scopes.values()), default=0.0)
    async with connection.transaction():
        windows = await send_windows.lock(connection, sorted({*by_scope, *(scope for scope, _ in unused)}))
        windows = {scope: without(starts, [at for of, at in unused if of == scope]) for scope, starts in windows.items()}
        leased = await outcomes.mine(connection, hand.token, [one.due.id for one in asked], await now(connection), lease)
        ours = [(one, scopes) for one, scopes in zip(asked, held, strict=True) if one.due.id in leased]
        before = monotonic()
        moment = await now(connection)
        after = monotonic()  # the clock was read between the two: nothing starts too early by one, or too late by the other
        asking = [tuple(scopes) for _, scopes in ours]
        bounds = timedelta(seconds=ahead), timedelta(seconds=MOST_AHEAD), timedelta(seconds=soonest)
        shared = share(asking, by_scope, {scope: windows[scope] for scope in by_scope}, moment, *bounds)
        await send_windows.keep(connection, {**windows, **shared.windows})
        started = []
        for place, at in shared.started.items():
            one, scopes = ours[place]
            wait = (at - shared.at).total_seconds()
            latest = min(until, before + wait + slack) if scopes else until
            started.append(Started(one, at if scopes else None, after + wait, latest))
        if started:
            await outcomes.start(connection, [(ours[place][0].due.id, at) for place, at in shared.started.items()])
        waits = [ours[place][0] for place, scope in shared.waiting.items() if scope == provider]
        back = [(ours[place][0], scope) for place, scope in shared.waiting.items() if scope != provider]
        if back:
            await outcomes.give_back(connection, hand.token, _apart(back, shared, by_scope), moment)
    pause = max(0.0, (shared.again_at[provider] - shared.at).total_seconds() - ahead / 2) if waits else 0.0
    return Begun(started, waits, pause)


def _longer(limit: Limit) -> Limit:
    return Limit(limit.most, limit.within * (1 + SLACK))


def _apart(back: Sequence[tuple[Claimed, str]], shared: Shared, limits: dict[str, Limit]) -> list[tuple[UUID, datetime, str | None]]:
    """When each may come again: so many of a domain with every window that opens."""
    counted: dict[str, int] = {}
    given: list[tuple[UUID, datetime, str | None]] = []
    for one, scope in back:
        place = counted[scope] = counted.get(scope, -1) + 1
        limit = limits[scope]
        given.append((one.due.id, shared.again_at[scope] + limit.within * (place // limit.most), "domain limit"))
    return given
