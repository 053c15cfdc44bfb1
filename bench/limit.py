"""The limit of the database: the statements of the very same batches, replayed from memory over two connections."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

import asyncpg

from bench.engine import Engine, batches, logged
from bench.house import House
from bench.load import Load
from bench.verify import verify_rows
from bench.window import Figures
from hub.state.connect import KEYED, Watched, connect
from hub.state.offsets import TopicPartition
from hub.state.store import Connection
from hub.stream.consumer import Consumer

_LANES = 2
_MOVES, _OF_OFFSETS = "AS n (topic, partition, after, holes, edition)", 7
"""What tells the statement that moves offsets, and an answer that says where they stand: by so many columns."""


class Said(NamedTuple):
    """One statement as it was sent: the connection's method, and what it was given."""

    how: str
    query: str
    arguments: tuple[Any, ...]


Tapes = dict[TopicPartition, list[list[Said]]]
"""By partition, batch by batch."""

T = TypeVar("T")
Verify = Callable[[Connection, Load, int], Awaitable[None]]


class Limit:
    """Nothing but the database's part of the work; recorded once for each load, outside of the measured time."""

    def __init__(self, house: House, consumer: Consumer, verify: Verify, *, name: str, words: str) -> None:
        self.name, self.words = name, words
        self._house, self._engine, self._verify = house, Engine(consumer), verify
        self._recorded: tuple[tuple[Load, int], Tapes] | None = None

    async def run(self, load: Load, rows: int) -> Figures:
        """Send everything again, a transaction a batch, each connection its half of the partitions."""
        if self._recorded is None or self._recorded[0] != (load, rows):
            self._recorded = None  # so that two tapes need not fit into memory
            self._recorded = (load, rows), await self._on_database(load, rows, partial(self._record, load))
        tapes = self._recorded[1]
        return await self._on_database(load, rows, partial(self._replay, load, rows, tapes))

    async def _on_database(self, load: Load, rows: int, work: Callable[[str], Awaitable[T]]) -> T:
        url = await self._house.database(load, rows)
        try:
            return await work(url)
        finally:
            await self._house.forget(url)

    async def _replay(self, load: Load, rows: int, tapes: Tapes, url: str) -> Figures:
        connections = [await connect(url, name="bench", planning=KEYED) for _ in range(_LANES)]
        for partition in tapes:
            await self._engine.claim(connections[0], partition)
        for connection in connections:
            await self._engine.work().prepare(connection)
        lanes = [[batch for partition in sorted(tapes)[lane::_LANES] for batch in tapes[partition]] for lane in range(_LANES)]
        client, database, began = time.process_time(), self._house.database_cpu(), time.perf_counter()
        await asyncio.gather(*(_play(connection, lane) for connection, lane in zip(connections, lanes, strict=True)))
        seconds = time.perf_counter() - began
        client, database = time.process_time() - client, self._house.database_cpu() - database
        await verify_rows(connections[0], load, rows)
        await self._verify(connections[0], load, rows)
        for connection in connections:
            await connection.close()
        per_1000 = 1000 / load.events
        return Figures(load.events / seconds, client * per_1000, database * per_1000, 0.0, 0.0)

    async def _record(self, load: Load, url: str) -> Tapes:
        tape = cast("_Tape", await connect(url, name="bench", connection_class=_Tape, planning=KEYED))
        logs, taken = logged(load), Tapes()
        epochs = {partition: await self._engine.claim(tape, partition) for partition in logs}
        for partition, records in batches(logs):
            tape.said.clear()
            await self._engine.apply(tape, partition, epochs[partition], records)
            taken.setdefault(partition, []).append(list(tape.said))
        await tape.close()
        return taken


class _Tape(Watched):
    """A connection that keeps every statement with its arguments."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.said: list[Said] = []

    async def fetch(self, query: str, *args: Any, **named: Any) -> Any:
        self.said.append(Said("fetch", query, args))
        return await super().fetch(query, *args, **named)

    async def fetchrow(self, query: str, *args: Any, **named: Any) -> Any:
        self.said.append(Said("fetchrow", query, args))
        return await super().fetchrow(query, *args, **named)

    async def fetchval(self, query: str, *args: Any, **named: Any) -> Any:
        self.said.append(Said("fetchval", query, args))
        return await super().fetchval(query, *args, **named)

    async def execute(self, query: str, *args: Any, **named: Any) -> Any:
        if args:
            self.said.append(Said("execute", query, args))
        return await super().execute(query, *args, **named)


async def _play(connection: Connection, batches: list[list[Said]]) -> None:
    for batch in batches:
        places: dict[tuple[str, ...], str] = {}  # where rows stand in this run
        editions: dict[TopicPartition, str] = {}
        async with connection.transaction():
            for how, query, arguments in batch:
                given = _moved(query, arguments, editions)
                found = await getattr(connection, how)(query, *(_placed(each, places) for each in given))
                if how in {"fetch", "fetchrow"}:
                    places |= {tuple(row[:2]): row[-1] for row in _rows(found) if _is_place(row[-1])}
                    editions |= {(row[0], row[1]): row[5] for row in _rows(found) if len(row) == _OF_OFFSETS}


def _moved(query: str, arguments: tuple[Any, ...], editions: Mapping[TopicPartition, str]) -> tuple[Any, ...]:
    """Offsets are moved in the rows that were found in this run; what moves them stands first in its statement."""
    if _MOVES not in query:
        return arguments
    topics, partitions = arguments[2:4]
    return (*arguments[:6], [editions[place] for place in zip(topics, partitions, strict=True)], *arguments[7:])


def _placed(argument: Any, places: Mapping[tuple[str, ...], str]) -> Any:
    """Rows that go to where their states were found, or what else it is."""
    if isinstance(argument, list) and argument and isinstance(argument[0], tuple) and _is_place(argument[0][0]):
        return [(places[row[1:3]], *row[1:]) for row in argument]
    return argument


def _rows(found: Any) -> Iterator[Any]:
    """The rows among what was found, by itself or together with something else."""
    for each in found or ():
        for row in each if isinstance(each, list) else (each,):
            if isinstance(row, tuple | asyncpg.Record) and row:
                yield row


def _is_place(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\(\d+,\d+\)", value) is not None
