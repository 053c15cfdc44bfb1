"""What an event costs in a large table over what it costs in a small one: CPU of T1, the batches of both taken in turn."""

import time

from bench.engine import Engine, batches, logged
from bench.house import House
from bench.load import Load
from bench.usage import cpu_seconds
from bench.verify import verify_journal, verify_rows
from hub.consumers import CONSUMERS
from hub.state.connect import KEYED, connect


class _Side:
    """One table, its connection, and what its batches have cost the client so far."""

    def __init__(self, house: House, events: int, rows: int) -> None:
        self._house, self._load, self._rows = house, Load(events, rows), rows
        self._engine = Engine(CONSUMERS["crm-sync"])
        self._client = 0.0

    async def begin(self) -> None:
        logs = logged(self._load)
        self._url = await self._house.database(self._load, self._rows, is_last=True)
        self._connection = await connect(self._url, name="bench", idle_in_transaction_ms=0, command_timeout=600, planning=KEYED)
        self._epochs = {partition: await self._engine.claim(self._connection, partition) for partition in logs}
        self.batches = list(batches(logs))
        self._server = await self._connection.fetchval("SELECT pg_backend_pid()")
        self._before = cpu_seconds(self._server)

    async def apply(self, number: int) -> None:
        """The batch of that number; one side may have a few more of them."""
        if number >= len(self.batches):
            return
        partition, records = self.batches[number]
        began = time.process_time()
        await self._engine.apply(self._connection, partition, self._epochs[partition], records)
        self._client += time.process_time() - began

    async def end(self) -> float:
        """CPU seconds of client and server for all batches, once it is certain that they were applied."""
        spent = self._client + cpu_seconds(self._server) - self._before
        await verify_rows(self._connection, self._load, self._rows)
        await verify_journal(self._connection, self._load, self._rows)
        await self._connection.close()
        await self._house.forget(self._url)
        return spent


async def growth(house: House, events: int, small: int, large: int) -> float:
    """So much dearer is an event among `large` rows than among `small`."""
    sides = [_Side(house, events, rows) for rows in (small, large)]
    for side in sides:
        await side.begin()
    for number in range(max(len(side.batches) for side in sides)):
        for side in sides if number % 2 else reversed(sides):
            await side.apply(number)
    low, high = [await side.end() for side in sides]
    return high / low
