"""The words `hub up`, `hub down` and `hub status`: a whole hub on one machine, and how it is doing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.printing import AsJson, counted, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.local.stack import ProcessState, Stack
    from hub.operations.status import Status
    from hub.settings import Settings

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Where broker and database keep their data; unless told, the user's state folder."),
]


def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Run in the background; `hub down` ends it.")] = False,
    data: Data = None,
) -> None:
    """Start Kafka, PostgreSQL and every process of the hub on this machine, and keep them running.

    Example: hub up --detach && hub status
    """
    import os
    import sys

    from hub.local.outside_ports import NAME
    from hub.local.supervision import up as run_up
    from hub.local.supervision import up_detached
    from hub.wiring import PROCESSES

    os.environ.setdefault("HUB_METADATA_MAX_AGE_MS", "1000")  # asking one broker on loopback costs nothing: new dealers are heard at once
    folder = data_folder(data)
    if detach:
        up_detached(folder, [sys.executable, "-m", "hub", "up", "--data", str(folder)], say)
        return
    run_up(folder, (NAME, *PROCESSES), prepare=_prepare, ready=lambda stack: _ready(stack, folder), on_progress=say)


def down(data: Data = None) -> None:
    """Stop what `hub up` started; the data stays where it is.

    Example: hub down
    """
    from hub.local.supervision import down as run_down

    typer.echo("The hub is down." if run_down(data_folder(data)) else "The hub was not up.")


def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it anew every second until interrupted.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show how far behind each consumer is, what waits, what is dead, what the outbox holds, and what people are still to be told.

    Example: hub status --watch
    """
    import asyncio
    import sys
    import time

    from hub.operations.status import status as ask
    from hub.settings import Settings

    settings = Settings()
    while True:
        found = asyncio.run(ask(settings))
        stack = _stack(data)
        if as_json:
            print_json({**found.as_json(), "processes": [_process(p) for p in stack.processes] if stack else []})
        else:
            if watch:
                print("\033[2J\033[H", end="") if sys.stdout.isatty() else print()
            _print_status(found, stack)
        if not watch:
            return
        time.sleep(1)


def data_folder(data: Path | None) -> Path:
    """The folder that was named, or where the stack lives unless told."""
    from hub.local.folders import state_folder
    from hub.settings import Settings

    named = Settings().data
    return data or (Path(named) if named else state_folder())


def _stack(data: Path | None) -> "Stack | None":
    from hub.local.stack import find

    return find(data_folder(data))


def _prepare(environment: "Mapping[str, str]") -> None:
    """What must stand before the first process starts: schema and topics."""
    from hub.operations.topics import apply_catalogue
    from hub.state.migrations import upgrade

    settings = settings_of(environment)
    upgrade(settings.database_url.get_secret_value())
    apply_catalogue(settings, lambda _: None, why="a hub was started on this machine")


def _ready(stack: "Stack", folder: Path) -> None:
    """A new hub begins with base data to work on; what is there already stays as it is."""
    import asyncio

    from hub.operations.acts import Operator
    from hub.operations.base import start
    from hub.operations.cluster import Cluster
    from hub.wiring import kafka_options

    settings = settings_of(stack.environment())
    operator = Operator(Cluster(settings), "a new hub's first base data")
    asyncio.run(start(operator, settings.database_url.get_secret_value(), kafka_options(settings)))
    _print_addresses(stack, folder)


def settings_of(environment: "Mapping[str, str]") -> "Settings":
    """The settings that a stack's environment makes."""
    from hub.settings import Settings

    return Settings.model_validate({name.removeprefix("HUB_").lower(): value for name, value in environment.items()})


def say(words: str) -> None:
    """What the supervisor tells people; its log lines stay in its log."""
    if not words.startswith("{"):
        typer.echo(words, err=True)


def _print_addresses(stack: "Stack", folder: Path) -> None:
    typer.echo(f"Kafka      {stack.kafka_bootstrap} (SASL_PLAINTEXT, SCRAM-SHA-512)")
    typer.echo(f"PostgreSQL {next(p.address for p in stack.processes if p.name == 'postgres')}")
    typer.echo(f"Door       http://127.0.0.1:{stack.door_port} (hub door issue DEALER gives a token)")
    typer.echo(f"Outside    http://127.0.0.1:{stack.outside_port} (what mail and SMS were caught; letters in {stack.letters})")
    typer.echo(f"Data       {folder} (credentials in stack.json, readable by you only)")
    typer.echo("Try        hub status --watch · hub simulate --for 20s --verify · hub funnel · hub down")


def _process(process: "ProcessState") -> dict[str, object]:
    return {"name": process.name, "pid": process.pid, "address": process.address, "restarts": process.restarts, "log": process.log}


def _print_status(found: "Status", stack: "Stack | None") -> None:
    print_table(
        ("consumer", ">partitions", ">behind", ">since", ">waiting", ">dead", ">holes"),
        [
            (
                each.consumer,
                each.partitions,
                f"{each.lag:,}",
                f"{(found.at - each.since).total_seconds():.0f} s" if each.since else "",
                _counted(each.waiting),
                f"{sum(each.dead.values()):,}" if each.dead else "",
                each.holes or "",
            )
            for each in found.consumers
        ],
    )
    age = f", the oldest for {(found.at - found.oldest_unsent).total_seconds():.0f} s" if found.oldest_unsent else ""
    typer.echo(f"\nOutbox: {found.unsent - found.set_aside:,} to send{age}; {found.set_aside} set aside. Kafka: {found.kafka}")
    if found.timers_overdue and found.oldest_overdue:
        typer.echo(f"Timers: {found.timers_overdue:,} overdue, the longest for {(found.at - found.oldest_overdue).total_seconds():.0f} s")
    _print_people(found)
    _print_still(found)
    dead = [(each.consumer, reason, f"{count:,}") for each in found.consumers for reason, count in sorted(each.dead.items())]
    if dead:
        typer.echo("")
        print_table(("dead letters of", "reason", ">records"), dead)
    if stack:
        typer.echo("")
        rows = [(p.name, p.pid or "ended", p.address, p.restarts or "") for p in stack.processes]
        print_table(("process", ">pid", "address", ">restarts"), rows)


def _print_people(found: "Status") -> None:
    """What people are still to be told, and what keeps it back."""
    age = f", the oldest for {(found.at - found.oldest_due).total_seconds():.0f} s" if found.oldest_due else ""
    told = [f"{counted(found.due, 'message')} due{age}"] if found.due else []
    told += [f"{found.unknown:,} unknown (hub deliveries list --state unknown)"] if found.unknown else []
    told += [f"{counted(found.braked, 'brake')} pulled (hub brakes list)"] if found.braked else []
    if told:
        typer.echo(f"People: {'; '.join(told)}")


def _print_still(found: "Status") -> None:
    """What folds nothing: stopped by itself, or told to wait."""
    halted = [
        (
            each.consumer,
            f"{one['topic']}[{one['partition']}]",
            one["reason"],
            f"{one['since']:%Y-%m-%d %H:%M:%SZ}",
            f"{one['next_offset']:,}",
        )
        for each in found.consumers
        for one in each.halted
    ]
    if halted:
        typer.echo("")
        print_table(("halted of", "partition", "why", "since", ">next offset"), halted)
    paused = [
        (each.consumer, _place(one), one["who"], one["why"], f"{one['since']:%Y-%m-%d %H:%M:%SZ}")
        for each in found.consumers
        for one in each.paused
    ]
    paused += [(one["process"], "everything", one["who"], one["why"], f"{one['since']:%Y-%m-%d %H:%M:%SZ}") for one in found.held]
    if paused:
        typer.echo("")
        print_table(("paused of", "what", "by", "why", "since"), paused)


def _place(paused: "Mapping[str, Any]") -> str:
    if not paused["topic"]:
        return "everything"
    return str(paused["topic"]) if paused["partition"] is None else f"{paused['topic']}[{paused['partition']}]"


def _counted(counts: "Mapping[str, int]") -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
