"""What one topic that is poisoned or slow costs the others: their delays from sender to commit, beside the same topic in health."""

import asyncio
import contextlib
import random
from collections.abc import Sequence

from bench.house import House
from bench.hub_path import HubPath
from bench.load import Load, Record
from bench.log import Log
from bench.say import say
from bench.sheet import Sheet
from bench.steady import WAKING, Delays, committed, delays, send_steadily
from bench.verify import expect
from contracts import topics
from hub.state.connect import connect
from hub.state.store import Connection

_DEALERS = 5
_ILL = _DEALERS - 1
"""The dealer whose topic it is; it speaks as often as each of the others."""
_GOOD_EVERY = 10
"""One in so many of its records is good all the same: too many bad ones in a row would stop the partition, and it would cost nothing."""
_SLOW_SECONDS = 0.01
"""So long the database takes for each row of the slow one: twice as long as it has."""
_SLOWNESS = f"""
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep({_SLOW_SECONDS}); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON customers FOR EACH ROW WHEN (NEW.principal = '{{principal}}') EXECUTE FUNCTION slow()
"""
_BAD = "SELECT count(*) FROM dead_letters WHERE principal = $1"
_REFUSED_SECONDS = 60.0
_STATES = ("healthy", "poisoned", "slow")


class Neighbour:
    """Five dealers at a steady rate; in the same round the fifth is well, has its records refused, and is slow."""

    name = "neighbour"

    def __init__(self, house: House, log: Log, rate: int, seconds: float) -> None:
        self._house, self._log, self._rate = house, log, rate
        self._waking = Load(WAKING, 0, dealers=_DEALERS, name="beside", is_each_once=True)
        self._load = Load(round(rate * seconds), 0, dealers=_DEALERS, name="beside", after=WAKING, is_each_once=True)
        self._ill = self._load.principal(_ILL)
        self._feed = topics.DEALER_FEED.of(f"{self._load.name}-{_ILL}")

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """Each state of health, in a random order."""
        for state in chance.sample(_STATES, len(_STATES)):
            found = await self._measure(state)
            say(f"round {number}, four topics beside one that is {state}: p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms")
            for measure, value in found._asdict().items():
                sheet.numbers[f"{self.name}/{state}/{measure}"][number] = value

    async def _measure(self, state: str) -> Delays:
        """The delays of the four; what became of the fifth's records is looked at as well."""
        records, bad = spoken(self._load, is_poisoned=state == "poisoned")
        others = sum(1 for event in self._load if event.dealer != _ILL)
        self._log.empty(self._load)
        self._log.fresh({self._feed: 1})
        url = await self._house.database(self._load)
        watcher = await connect(url, name="bench")
        try:
            await watcher.execute(_SLOWNESS.format(principal=self._ill if state == "slow" else "nobody"))
            async with HubPath(self._house, self._log).sharing(self._load, url):
                await asyncio.to_thread(send_steadily, self._log, list(self._waking.said()), 100.0)
                await committed(watcher, 0, WAKING)
                began = await asyncio.to_thread(send_steadily, self._log, records, self._rate)
                commits = await committed(watcher, WAKING, others, but=self._ill)
                if state != "slow":  # the slow one's records may come when they will
                    await committed(watcher, WAKING, self._load.events - bad)
                    await self._refused(watcher, bad)
            return delays(commits, began, self._rate, after=WAKING)
        finally:
            await watcher.close()
            await self._house.forget(url)

    async def _refused(self, watcher: Connection, bad: int) -> None:
        """Every bad record is a dead letter, the last of them too, which may come behind all good ones; none but these."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REFUSED_SECONDS):
                while await watcher.fetchval(_BAD, self._ill) < bad:  # noqa: ASYNC110 - what happens in another process makes no event here
                    await asyncio.sleep(0.2)
        expect("dead letters", bad, await watcher.fetchval(_BAD, self._ill))


def spoken(load: Load, *, is_poisoned: bool) -> tuple[Sequence[Record], int]:
    """The load, and how many of its records are bad: without the name that a customer must have."""
    records, bad = [], 0
    for event, record in zip(load, load.said(), strict=True):
        topic, partition, key, value, headers = record
        if is_poisoned and event.dealer == _ILL and event.number // _DEALERS % _GOOD_EVERY:
            value, bad = value.replace(b'"name"', b'"title"'), bad + 1
        records.append((topic, partition, key, value, headers))
    return records, bad
