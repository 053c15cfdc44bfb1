"""Let a world speak to a hub for a while, then see whether the hub came to the truth."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from hub.world import drivers as driving
from hub.world.compare import Comparison, compare
from hub.world.drivers import Drivers
from hub.world.trade import Request, Trade, comparable
from hub.world.voice import Voice
from hub.world.world import World


class Listener(Protocol):
    """A hub as a simulation knows it."""

    async def caught_up(self) -> None:
        """Return when everything said so far is folded; raise where that takes too long."""
        ...

    async def settled(self) -> None:
        """Return when whatever is due has fired and was sent, or when that takes too long: a message may wait for its hours."""
        ...

    async def requests(self) -> Sequence[Request]:
        """All that was asked of the ERP so far, of each order in its sequence."""
        ...

    def rows(self, table: str) -> AsyncIterator[Mapping[str, Any]]:
        """The rows of a store, the open `dead_letters`, or the `waiting` records."""
        ...


class Simulated(NamedTuple):
    """How much was said in how many seconds, and what a comparison found, if one was asked for."""

    records: int
    seconds: float
    comparison: Comparison | None


async def simulate(
    world: World,
    trade: Trade,
    drivers: Drivers,
    voice: Voice,
    listener: Listener,
    *,
    clock: Callable[[], float],
    rate: float | None,
    seconds: float,
    is_verified: bool,
    on_batch: Callable[[int], None] = lambda _: None,
) -> Simulated:
    """Say the base data, what dealers say, what is missing so that nobody waits, and what ERP and carriers say then; compare if asked to.

    Dealers speak of their customers' cars first, and hand them over last.
    Only a run that is verified waits for the hub: until the base data is folded before the dealers speak, and until all that they
    said is folded before the ERP looks at what it is asked for.
    """
    laid_down = await voice.publish([*world.base_data(), *trade.base_data(), *drivers.base_data()])
    if is_verified:
        await listener.caught_up()
    laid_down += await voice.publish(drivers.people())
    began = clock()
    said = await voice.talk(world, rate=rate, seconds=seconds, on_batch=on_batch)
    lasted = clock() - began
    added = await voice.publish(world.ending())
    if is_verified:
        await listener.caught_up()
    added += await voice.publish([*trade.answer(await listener.requests()), *drivers.handovers()])
    found = await verify(world, trade, drivers, listener) if is_verified else None
    return Simulated(laid_down + said + added, lasted, found)


async def verify(world: World, trade: Trade, drivers: Drivers, listener: Listener, most_shown: int = 20) -> Comparison:
    """Wait until the hub has taken everything, and compare all that it keeps with the truth."""
    await listener.caught_up()
    await listener.settled()
    truth = world.truth()
    truth = truth._replace(rows={**truth.rows, **trade.truth(), **drivers.truth()})
    rows = {store: [told async for row in listener.rows(store) if (told := _comparable(store, row)) is not None] for store in truth.rows}
    dead = [row async for row in listener.rows("dead_letters")]
    waiting = [row async for row in listener.rows("waiting")]
    return compare(truth, rows, dead=dead, waiting=waiting, most_shown=most_shown)


def _comparable(store: str, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return driving.comparable(row) if store == "deliveries" else comparable(store, row)
