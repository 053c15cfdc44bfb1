"""A fold with a timer, in tests of the engine: a lead is called back a day after it was last heard of, and once more a day later.

Its need tells its story: a dot for each time that it was heard of, an exclamation mark for each call.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from aiokafka.errors import KafkaError

from contracts import topics
from contracts.leads import LEAD_DROPPED, LEAD_RECEIVED, LeadDropped, LeadReceived
from contracts.timers import TIMER_FIRED, TimerFired
from hub.producers.clock import SOURCE
from hub.producers.firing import Firing
from hub.rules.decision import Change, Decision, Facts, Keep, Subject
from hub.rules.leads import Lead
from hub.rules.leads import received as lead_received
from hub.state import stores
from hub.state.store import Connection
from hub.stream.consumer import Consumer
from tests.support.engine import Log

DAY = timedelta(days=1)
STEPS = 2


def received(state: Lead | None, event: LeadReceived, facts: Facts) -> Decision[Lead]:
    """Heard of (again): it is to be called back anew."""
    made = lead_received(None, event, facts)
    assert isinstance(made, Change)
    return Change(made.state._replace(answered_at=event.occurred_at, need=f"{state.need if state else ''}."))


def dropped(state: Lead | None, _event: LeadDropped, _facts: Facts) -> Decision[Lead]:
    """Nobody calls it any more."""
    return Change(state._replace(status="dropped")) if state else Keep("never heard of")


def due(state: Lead, _subject: Subject) -> datetime | None:
    """A day after it was last heard of, and another one after each call."""
    calls = (state.need or "").rpartition(".")[2].count("!")
    return state.answered_at + DAY * (calls + 1) if state.status != "dropped" and state.answered_at and calls < STEPS else None


def fired(state: Lead | None, event: TimerFired, facts: Facts) -> Decision[Lead]:
    """Called back, unless the timer was set by what has changed since."""
    if state is None or due(state, facts.subject) != event.due_at:
        return Keep("it was heard of since")
    return Change(state._replace(need=f"{state.need}!"))


class _Batch(list[tuple[bytes, bytes, list[tuple[str, bytes]]]]):
    """A record batch that has room for everything."""

    def append(self, *, timestamp: int, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> object:  # type: ignore[override]
        del timestamp
        super().append((key, value, headers))
        return self

    def close(self) -> None:
        """Nothing is added any more."""


class Taken(NamedTuple):
    """Where a batch stands."""

    offset: int


class Ear:
    """A producer whose records stand in a log, under the hub's own names; `ids` are those of the events.

    `refuses` says of a partition and how many are to go there what Kafka answers instead.
    """

    def __init__(self, log: Log, partitions: int = 1) -> None:
        self.log, self.ids = log, list[str]()
        self.together: asyncio.Barrier | None = None
        self.refuses: Callable[[int, int], KafkaError | None] = lambda _partition, _count: None
        self._partitions = set(range(partitions))
        self._firing = Firing(SOURCE)

    async def partitions_for(self, _topic: str) -> set[int]:
        """One, or as many as there were to be."""
        return self._partitions

    def create_batch(self) -> _Batch:
        """An empty one."""
        return _Batch()

    async def send_batch(self, batch: _Batch, topic: str, *, partition: int) -> "asyncio.Future[Taken]":
        """Taken at once; the first of each clock waits for the other's, where they are to speak `together`."""
        if self.together is not None:
            await self.together.wait()
        if refusal := self.refuses(partition, len(batch)):
            raise refusal
        answered: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        answered.set_result(Taken(len(self.log.records[topic, partition])))
        for key, value, headers in batch:
            self.log.write(topic, value, key=key, headers=headers, partition=partition)
            self.ids.append(dict(headers)["ce_id"].decode())
        return answered

    async def hear(self, connection: Connection, now: datetime) -> int:
        """All that a clock says of timers at that moment."""
        return sum([fired async for fired in self._firing.fire(connection, self, now)])


def recalls(**how: Any) -> Consumer:
    """Its name is one that acts and replays know."""
    made = Consumer("crm-sync", topics.DEALER_EVENTS, topics.ACTS, topics.TIMERS)
    made.fold(stores.leads, {LEAD_RECEIVED: received, LEAD_DROPPED: dropped, TIMER_FIRED: fired}, timer=due, **how)
    return made
