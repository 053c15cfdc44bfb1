"""Let a world speak to a hub for a while, then see whether the hub came to the truth."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from hub.patience import heed
from hub.world import drivers as driving
from hub.world.compare import Comparison, compare
from hub.world.drivers import Drivers
from hub.world.speech import Utterance
from hub.world.trade import Request, Trade, comparable
from hub.world.truth import together
from hub.world.voice import Voice
from hub.world.world import World

_LOOK_AGAIN = 1.0


class Listener(Protocol):
    """A hub as a simulation knows it."""

    async def caught_up(self) -> None:
        """Return when everything said so far is folded; raise where that takes too long."""
        ...

    async def settled(self) -> None:
        """Return when whatever is due has fired and was sent, or when that takes too long: a message may wait for its hours."""
        ...

    async def requests(self) -> Sequence[Request]:
        """What was asked of the ERP since the last asking, of each order in its sequence."""
        ...

    def rows(self, table: str) -> AsyncIterator[Mapping[str, Any]]:
        """The rows of a store, the open `dead_letters`, or the `waiting` records."""
        ...


class Simulated(NamedTuple):
    """How much was said in how many seconds, and what a comparison found, if one was asked for."""

    records: int
    seconds: float
    comparison: Comparison | None


class Chorus:
    """The dealers, and those who have something to say because of them: every third record is theirs, while they have any."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._others: deque[Utterance] = deque()
        self._turn = 0

    def add(self, said: Iterable[Utterance]) -> None:
        """Let others say this when their turns come."""
        self._others.extend(said)

    def say(self) -> Utterance:
        """What is said next."""
        self._turn += 1
        return self._others.popleft() if self._others and self._turn % 3 == 0 else self._world.say()

    def rest(self) -> list[Utterance]:
        """What others still have to say."""
        left, self._others = list(self._others), deque()
        return left


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
    """Say the base data, then what dealers say, and among it what ERP and carriers say of what they are asked; compare if asked to.

    Dealers speak of their customers' cars first, and hand them over last. What somebody waits for comes when all have spoken.
    Only a run that is verified waits for the hub: until the base data is folded before the dealers speak, and until all that they
    said is folded before the ERP looks for the last time at what it is asked for.
    """
    added = await voice.publish([*world.base_data(), *trade.base_data(), *drivers.base_data()])
    if is_verified:
        await listener.caught_up()
    added += await voice.publish(drivers.people())
    chorus, is_over = Chorus(world), asyncio.Event()
    listening = asyncio.create_task(_listen(trade, listener, chorus, is_over))
    began = clock()
    try:
        said = await voice.talk(chorus, rate=rate, seconds=seconds, on_batch=on_batch)
        lasted = clock() - began
    finally:
        is_over.set()
        await listening
    added += await voice.publish([*world.ending(), *chorus.rest()])
    if is_verified:
        await listener.caught_up()
    added += await voice.publish([*trade.answer(await listener.requests()), *drivers.handovers()])
    found = await verify(world, trade, drivers, listener) if is_verified else None
    return Simulated(said + added, lasted, found)


async def _listen(trade: Trade, listener: Listener, chorus: Chorus, is_over: asyncio.Event) -> None:
    """Answer what the hub asks while the dealers speak; whoever is answering is let finish."""
    while not is_over.is_set():
        chorus.add(trade.answer(await listener.requests()))
        await heed(is_over, _LOOK_AGAIN)


async def verify(world: World, trade: Trade, drivers: Drivers, listener: Listener, most_shown: int = 20) -> Comparison:
    """Wait until the hub has taken everything, and compare all that it keeps with the truth."""
    await listener.caught_up()
    await listener.settled()
    truth = world.truth()
    truth = truth._replace(rows=together(truth.rows, trade.truth(), drivers.truth()))
    rows = {store: [told async for row in listener.rows(store) if (told := _comparable(store, row)) is not None] for store in truth.rows}
    dead = [row async for row in listener.rows("dead_letters")]
    waiting = [row async for row in listener.rows("waiting")]
    return compare(truth, rows, dead=dead, waiting=waiting, most_shown=most_shown)


def _comparable(store: str, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return driving.comparable(row) if store == "deliveries" else comparable(store, row)
