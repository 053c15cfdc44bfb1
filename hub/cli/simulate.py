"""The word `hub simulate`: dealers that speak, and a truth to hold the hub against."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.came_back import in_words
from hub.cli.printing import AsJson, print_json, print_table

if TYPE_CHECKING:
    from datetime import datetime

    from hub.cli.came_back import CameBack
    from hub.settings import Settings
    from hub.world.drivers import Drivers
    from hub.world.simulation import Simulated
    from hub.world.trade import Request, Trade
    from hub.world.world import World

_UNITS = {"s": 1, "m": 60, "h": 3600}
_SETTLING, _LOOK_AGAIN = 30.0, 0.5
_PLAIN_EVERY = 5.0  # seconds between two lines where no terminal shows a bar


def simulate(
    dealers: Annotated[int, typer.Option("--dealers", min=1, max=9_990, help="How many dealers speak.")] = 20,
    rate: Annotated[
        float, typer.Option("--rate", min=0, help="Records a second, over all dealers; 0: as fast as the broker takes them.")
    ] = 200,
    seed: Annotated[int | None, typer.Option("--seed", help="The same seed says the same; a new one each time unless told.")] = None,
    for_: Annotated[str, typer.Option("--for", metavar="TIME", help="How long, such as 30s, 5m or 1h.")] = "30s",
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Wait until the hub has taken everything, and compare its stores with the truth. On the hub of this machine it first"
            " reports the letters to who moved away as returned, which the hub heeds for good.",
        ),
    ] = False,
    within: Annotated[str, typer.Option("--within", metavar="TIME", help="How long to wait for the hub with --verify.")] = "5m",
    as_json: AsJson = False,
) -> None:
    """Let invented dealers publish customers, contacts, leads and opportunities: late, twice, wrong and put right.

    Among them an invented ERP carries out what the hub asks for, carriers move and bill it, with errors, and people drive their cars
    until a service is due.

    With --verify the exit code is 1 where a store differs from what must be true, and on the hub of this machine also where letters
    or mails that came back are not heeded; the seed must then be one that this hub has not heard before.

    Example: hub simulate --dealers 50 --rate 500 --for 1m --verify
    """
    import asyncio
    from time import time_ns

    from hub.settings import Settings
    from hub.world.drivers import Drivers
    from hub.world.trade import Trade
    from hub.world.world import World

    seconds, patience = _seconds(for_, "--for"), _seconds(within, "--within")
    chosen = seed if seed is not None else time_ns() // 1_000_000 % 1_000_000_000
    world = World(dealers, seed=chosen, until=yesterday())
    trade, drivers, settings = Trade(world), Drivers(world), Settings()
    with _progress(seconds, is_quiet=as_json) as on_batch:
        done = asyncio.run(
            run_world(world, trade, drivers, settings, rate or None, seconds, patience, is_verified=verify, on_batch=on_batch)
        )
    back = asyncio.run(_came_back(settings, drivers)) if verify and _is_here(settings) else None
    if as_json:
        print_json(_told(world, chosen, done, back))
    else:
        _print(world, chosen, done, back)
    if not is_right(done, back):
        raise typer.Exit(1)


def _is_here(settings: "Settings") -> bool:
    """Whether the settings name the hub of this machine: its mail server sends back what the world expects back."""
    from hub.cli.stack import data_folder
    from hub.local.stack import find

    stack = find(data_folder(None))
    named = settings.kafka_bootstrap, settings.database_url.get_secret_value()
    return stack is not None and named == (stack.kafka_bootstrap, stack.database_url)


async def _came_back(settings: "Settings", drivers: "Drivers") -> "tuple[CameBack, CameBack]":
    from hub.cli.came_back import letters_come_back, mail_came_back

    return await letters_come_back(settings, drivers), await mail_came_back(settings, drivers)


def is_right(done: "Simulated", back: "tuple[CameBack, CameBack] | None") -> bool:
    """Whether nothing that was looked at is otherwise than it must be."""
    is_equal = done.comparison is None or done.comparison.is_equal
    return is_equal and all(one.is_sound for one in back or ())


class _Hub:
    """The hub that the settings name."""

    def __init__(self, settings: "Settings", patience: float, on_wait: Callable[[str], None]) -> None:
        self._settings, self._patience, self._on_wait = settings, patience, on_wait
        self._read: dict[int, int] = {}

    async def caught_up(self) -> None:
        from hub.operations.status import caught_up

        self._on_wait("until the hub has taken all of it")
        await caught_up(self._settings, within=self._patience)
        self._on_wait("")

    async def settled(self) -> None:
        self._on_wait("until what is due was sent")
        await settled(self._settings, self._patience)
        self._on_wait("until store and truth are compared")

    async def requests(self) -> "list[Request]":
        import asyncio

        return await asyncio.to_thread(_requests, self._settings, self._read)

    async def rows(self, table: str) -> AsyncIterator[Mapping[str, Any]]:
        """Of letters and waits those of the consumers whose stores the world knows: others read the same records, and judge them again."""
        from hub.consumers import CONSUMERS
        from hub.state.tables import rows
        from hub.world import speech, trade

        known = {name for name, consumer in CONSUMERS.items() if consumer.stores.keys() & {*speech.STORES, *trade.STORES}}
        is_held = table in {"dead_letters", "waiting"}
        async for row in rows(self._settings.database_url.get_secret_value(), table):
            if not is_held or (row.get("state", "open") == "open" and row["consumer"] in known):
                yield row


async def settled(settings: "Settings", patience: float = _SETTLING) -> None:
    """Return when whatever is due has fired and was sent, or when that takes too long."""
    import asyncio
    from time import monotonic

    from hub.operations.status import status
    from hub.state.tables import rows

    until, url = monotonic() + min(patience, _SETTLING), settings.database_url.get_secret_value()
    while monotonic() < until:
        found = await status(settings)
        if found.is_calm and not found.timers_overdue and not [row async for row in rows(url, "deliveries") if _is_due(row)]:
            return
        await asyncio.sleep(_LOOK_AGAIN)


def _is_due(delivery: "Mapping[str, Any]") -> bool:
    """Whether a courier should have it in hand, or has."""
    from datetime import UTC, datetime

    waits = delivery["state"] in {"planned", "pending"} and delivery["due_at"] <= datetime.now(UTC)
    return bool(waits or delivery["state"] == "claimed")


def yesterday() -> "datetime":
    """When a world ends that is to be told today: a whole day ago, as what follows from it takes one."""
    from datetime import UTC, datetime, time, timedelta

    return datetime.combine(datetime.now(UTC).date() - timedelta(days=1), time(), UTC)


def _requests(settings: "Settings", read_until: dict[int, int]) -> "list[Request]":
    """What the hub has asked of the ERP since, read as the ERP reads it; `read_until` are the next offsets by partition."""
    from contracts import envelope
    from contracts.catalogue import lookup
    from contracts.topics import ERP_REQUESTS
    from hub.operations.cluster import Cluster
    from hub.operations.record_view import headers_of
    from hub.operations.records import reach, read
    from hub.world.trade import Request

    cluster, found = Cluster(settings), []
    parts = reach(cluster, ERP_REQUESTS.name)
    starts = {part.partition: max(part.start, read_until.get(part.partition, 0)) for part in parts}
    for message in read(cluster, ERP_REQUESTS.name, starts, {part.partition: part.end for part in parts}):
        told, data = envelope.read(headers_of(message), message.value())
        lineage, version = lookup(told.type)
        found.append(Request(lineage.name, lineage.decode(version, data).model_dump()))
        read_until[message.partition() or 0] = (message.offset() or 0) + 1
    return found


async def run_world(
    world: "World",
    trade: "Trade",
    drivers: "Drivers",
    settings: "Settings",
    rate: float | None,
    seconds: float,
    patience: float,
    *,
    is_verified: bool,
    on_batch: Callable[[int], None],
    on_wait: Callable[[str], None] = lambda _: None,
) -> "Simulated":
    """Let the world speak to the hub that the settings name, and where asked hold that hub against the truth.

    `on_wait` hears what it waits for, and nothing when it waits no more.
    """
    import asyncio
    from time import monotonic

    from hub.wiring import make_producer
    from hub.world.simulation import simulate as run
    from hub.world.voice import Voice

    await asyncio.to_thread(_make_topics, settings, {"dealer": world.dealer_ids, "carrier": trade.carriers})
    producer = make_producer(settings)
    await producer.start()
    try:
        voice, hub = Voice(producer, monotonic), _Hub(settings, patience, on_wait)
        return await run(
            world,
            trade,
            drivers,
            voice,
            hub,
            clock=monotonic,
            rate=rate,
            seconds=seconds,
            is_verified=is_verified,
            on_batch=on_batch,
        )
    finally:
        await producer.stop()


def _make_topics(settings: "Settings", partners: "Mapping[str, Sequence[str]]") -> None:
    """The partners' topics and those of the catalogue that are missing; users and rights are `hub partners add`'s."""
    from hub.operations import topics
    from hub.operations.cluster import Cluster
    from hub.operations.topic_plan import wanted

    cluster = Cluster(settings)
    there = set(cluster.metadata().topics)
    missing = [want for want in wanted(partners, settings.replication) if want.name not in there]
    topics.create(cluster, missing, lambda _: None)


def _seconds(text: str, option: str) -> float:
    from hub.errors import InputError

    number, unit = (text[:-1], text[-1:]) if text[-1:] in _UNITS else (text, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = -1
    if not 0 < seconds < 1e9:  # noqa: PLR2004 - thirty years; also refuses nan and inf
        raise InputError(option, "a time such as 30s, 5m or 1h", text)
    return seconds


@contextmanager
def _progress(seconds: float, *, is_quiet: bool) -> Iterator[Callable[[int], None]]:
    from time import monotonic

    from rich.console import Console
    from rich.progress import Progress

    console, began, last = Console(stderr=True), monotonic(), monotonic()
    is_shown = console.is_terminal and not is_quiet
    with Progress(console=console, transient=True, disable=not is_shown) as progress:
        task = progress.add_task("speaking", total=seconds)

        def on_batch(records: int) -> None:
            nonlocal last
            now = monotonic()
            progress.update(task, completed=now - began, description=f"{records:,} records")
            if not is_shown and not is_quiet and now - last >= _PLAIN_EVERY:
                last = now
                typer.echo(f"{now - began:.0f} s: {records:,} records", err=True)

        yield on_batch


def _told(world: "World", seed: int, done: "Simulated", back: "tuple[CameBack, CameBack] | None") -> dict[str, Any]:
    found = done.comparison
    return {
        "seed": seed,
        "dealers": len(world.dealer_ids),
        "records": done.records,
        "seconds": round(done.seconds, 3),
        "told": dict(sorted(world.told.items())),
        "comparison": found
        and {
            "is_equal": found.is_equal,
            "verdict": found.verdict,
            "compared": found.compared,
            "differing": dict(found.differing),
            "shown": [different._asdict() for different in found.shown],
        },
        "came_back": back and {name: one._asdict() for name, one in zip(("letters", "mail"), back, strict=True)},
    }


def _print(world: "World", seed: int, done: "Simulated", back: "tuple[CameBack, CameBack] | None") -> None:
    typer.echo(f"{len(world.dealer_ids)} dealers (seed {seed}), an ERP and carriers said {done.records:,} records in {done.seconds:.1f} s")
    faults = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in sorted(world.told.items()) if word != "records")
    typer.echo(f"among them {faults}")
    found = done.comparison
    if found is None:
        return
    typer.echo(found.verdict)
    if found.shown:
        print_table(("store", "principal", "ref", "field", "expected", "got"), found.shown)
    if back is not None:
        for line in in_words(*back):
            typer.echo(line)
