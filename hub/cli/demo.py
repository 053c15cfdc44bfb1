"""The word `hub demo`: a whole hub, a world that speaks to it, and whether the two agree."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.printing import print_table

if TYPE_CHECKING:
    from hub.operations.status import Status
    from hub.settings import Settings
    from hub.world.drivers import Drivers
    from hub.world.simulation import Simulated
    from hub.world.trade import Trade
    from hub.world.world import World


def demo(
    dealers: Annotated[int, typer.Option("--dealers", min=1, max=200, help="How many dealers speak.")] = 12,
    rate: Annotated[float, typer.Option("--rate", min=1, help="Records a second.")] = 400,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="How long they speak.")] = 15,
    seed: Annotated[int, typer.Option("--seed", help="The same seed tells the same story.")] = 7,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the hub running on the state folder afterwards.")] = False,
) -> None:
    """Start a real Kafka and a real PostgreSQL, let dealers, an ERP and carriers speak, and hold the store against the truth.

    Everything runs on loopback in a folder of its own and is gone afterwards, unless --keep. The exit code is 1 where
    store and truth differ, where a campaign told anybody else than it should, where a print batch is not whole, and where
    letters or mails that came back are not heeded.

    Example: hub demo --dealers 40 --rate 1000
    """
    from hub.cli.stack import data_folder
    from hub.local.folders import scratch
    from hub.local.supervision import down

    if keep:
        is_equal = _show(data_folder(None), dealers, rate, seconds, seed)
        typer.echo("\nThe hub is still up: hub status --watch · hub topics tail hub.crm -n 3 · hub down")
    else:
        with scratch() as folder:
            try:
                is_equal = _show(folder, dealers, rate, seconds, seed)
            finally:
                typer.echo("\nstopping", err=True)
                down(folder)
        typer.echo(f"Next: {_on_the_path()}hub up --detach, then hub simulate --for 1m --verify, and hub status --watch in another window;")
        typer.echo("      hub orders list has orders, hub thread ORDER the whole story of one; hub --help has the rest.")
    if not is_equal:
        raise typer.Exit(1)


def _on_the_path() -> str:
    """What has to be typed first where `make` alone knows this environment."""
    from shutil import which

    activate = Path(sys.prefix, "bin", "activate")
    if which("hub") or not activate.exists():
        return ""
    shown = activate.relative_to(Path.cwd()) if activate.is_relative_to(Path.cwd()) else activate
    return f". {shown}; "


def _show(folder: Path, dealers: int, rate: float, seconds: float, seed: int) -> bool:
    import asyncio
    import os

    from hub.cli.came_back import letters_come_back, mail_came_back
    from hub.cli.demo_campaign import are_right, print_campaigns, run_campaigns
    from hub.cli.demo_letters import print_letters
    from hub.cli.simulate import settled, yesterday
    from hub.cli.stack import say, settings_of
    from hub.cli.summary import came_of_it, one_thread
    from hub.local.supervision import up_detached
    from hub.world.drivers import Drivers
    from hub.world.trade import Trade
    from hub.world.world import World

    os.environ.setdefault("HUB_COURIER_HOURS", "00:00-23:59")  # nobody lives here: the demo may disturb at any hour
    command = [sys.executable, "-m", "hub", "up", "--data", str(folder)]
    stack = up_detached(folder, command, say)
    settings = settings_of(stack.environment())
    world = World(dealers, seed=seed, until=yesterday())
    trade = Trade(world)
    typer.echo(f"\n{dealers} dealers begin to speak, {rate:.0f} records a second: late, twice, wrong, put right.", err=True)
    typer.echo("What they win the hub asks of an ERP, which answers among them; carriers move and bill what it sends.\n", err=True)
    drivers = Drivers(world)
    done, found = asyncio.run(_play(world, trade, drivers, settings, rate, seconds))
    letters = asyncio.run(letters_come_back(settings, drivers))
    mail = asyncio.run(mail_came_back(settings, drivers))
    news, wishes = asyncio.run(run_campaigns(settings, drivers))
    asyncio.run(settled(settings))
    _summary(world, done, found)
    asyncio.run(came_of_it(settings, trade))
    letters_are_whole = print_letters(settings, letters, mail)
    were_right = asyncio.run(are_right(settings, drivers, wishes))
    print_campaigns(news, wishes, are_right=were_right)
    asyncio.run(one_thread(settings, trade))
    _verdict(done)
    is_heeded = letters.is_whole and mail.is_whole
    return all(were_right) and letters_are_whole and is_heeded and done.comparison is not None and done.comparison.is_equal


async def _play(
    world: "World", trade: "Trade", drivers: "Drivers", settings: "Settings", rate: float, seconds: float
) -> "tuple[Simulated, Status]":
    from hub.cli.simulate import run_world
    from hub.operations.status import status

    async with _live_view(settings) as course:
        done = await run_world(
            world, trade, drivers, settings, rate, seconds, 300, is_verified=True, on_batch=course.says, on_wait=course.waits
        )
    return done, await status(settings)


class _Course:
    """How far the world is: how many records it has said, and what it waits for."""

    def __init__(self) -> None:
        self.said, self.wait = 0, ""

    def says(self, count: int) -> None:
        self.said = count

    def waits(self, what: str) -> None:
        self.wait = what


@asynccontextmanager
async def _live_view(settings: "Settings") -> AsyncIterator[_Course]:
    """Redraw a line on a terminal, print one every two seconds elsewhere, until the block ends."""
    import asyncio
    from time import monotonic

    from rich.console import Console
    from rich.live import Live

    from hub.operations.status import status

    console, began, course = Console(stderr=True), monotonic(), _Course()

    async def look(live: Live | None) -> None:
        while True:
            words = _line(monotonic() - began, course, await status(settings))
            if live:
                live.update(words)
            else:
                typer.echo(words, err=True)
            await asyncio.sleep(0.5 if live else 2)

    with Live(console=console, transient=True) if console.is_terminal else nullcontext() as live:
        task = asyncio.create_task(look(live))
        try:
            yield course
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error


def _line(seconds: float, course: _Course, found: "Status") -> str:
    crm = next(each for each in found.consumers if each.consumer == "crm-sync")
    lag = sum(each.lag for each in found.consumers)
    return (
        f"{seconds:5.1f} s  said {course.said:>7,}  behind {lag:>6,}  waiting {sum(crm.waiting.values()):>4,}"
        f"  dead letters {sum(crm.dead.values()):>4,}  to be told {found.unsent:>5,}{f'  waits {course.wait}' if course.wait else ''}"
    )


def _summary(world: "World", done: "Simulated", found: "Status") -> None:
    typer.echo(f"{len(world.dealer_ids)} dealers, an ERP and carriers said {done.records:,} records. What happened to the dealers':")
    told = sorted((word.replace("_", " "), f"{count:,}") for word, count in world.told.items() if word != "records")
    print_table(("", ">records"), told)
    crm = next(each for each in found.consumers if each.consumer == "crm-sync")
    if crm.dead:
        typer.echo("\nDead letters, each answered on its dealer's feed with the field and what was expected there:")
        print_table(("reason", ">records"), sorted(crm.dead.items()))
    if crm.waiting:
        words = {"operator": "an operator", "version": "a newer version of the hub"}
        held = ", ".join(f"{count:,} for {words.get(hold, hold)}" for hold, count in sorted(crm.waiting.items()))
        typer.echo(f"\nStill waiting behind them, by key: {held}. Everybody else's records went on.")


def _verdict(done: "Simulated") -> None:
    comparison = done.comparison
    if comparison is None:
        return
    typer.echo(f"\nStore and truth: {comparison.verdict}")
    if comparison.shown:
        print_table(("store", "principal", "ref", "field", "expected", "got"), comparison.shown)
