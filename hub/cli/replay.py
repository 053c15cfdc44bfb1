"""The word `hub replay`: fold the log again beside the live stores, and compare."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.printing import AsJson, print_json, print_table, printable

if TYPE_CHECKING:
    from hub.operations.replay import Replayed
    from hub.operations.replay_swap import Swapped
    from hub.settings import Settings

_NAMED = 20  # partitions told by name


def replay(
    consumer: Annotated[str, typer.Argument(metavar="CONSUMER", help="A consumer's name, such as crm-sync.")],
    begin: Annotated[str, typer.Option("--from", metavar="TIME", help="Fold records from this instant on, by the broker's clock.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="Fold records before this instant.")] = "",
    into: Annotated[str, typer.Option("--into", metavar="SCHEMA", help="Fold into a schema of this name, and keep it.")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="Keep the schema, to look into it.")] = False,
    swap: Annotated[bool, typer.Option("--swap", help="Put what was folded live where it differs; keep what was live.")] = False,
    swap_back: Annotated[bool, typer.Option("--swap-back", help="Put what the last swap kept live again.")] = False,
    tell: Annotated[bool, typer.Option("--tell", help="With a swap: let others hear of each subject that it changes.")] = False,
    partly: Annotated[bool, typer.Option("--partly", help="With --swap: leave what the log has no whole history of.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With a swap: only say what would be exchanged.")] = False,
    why: Annotated[str, typer.Option("--why", metavar="REASON", help="With a swap: why, for the record of acts.")] = "",
    as_json: AsJson = False,
) -> None:
    """Fold a consumer's log again, beside the live stores, and compare both; nothing is sent.

    The exit code is 1 where a row differs, or where there is nothing to compare. Processes may go on meanwhile: what is
    compared is one moment. Subjects whose history lies partly outside of the log, or of --from and --until, are set apart.
    With --swap what differs is exchanged with the live tables; --swap-back is the way back.

    Examples: hub replay crm-sync · hub replay crm-sync --swap --why "opportunities were edited by hand"
    """
    import asyncio

    from hub.cli.progress import progress
    from hub.operations import replay as replays
    from hub.operations.replay_course import Window
    from hub.settings import Settings
    from hub.wiring import kafka_options

    swaps = _check(
        swap=swap, swap_back=swap_back, alone=bool(begin or until or into or keep), partly=partly, rest=tell or dry_run or bool(why)
    )
    settings = Settings()
    if swaps:
        _swap(settings, consumer, as_json=as_json, back=swap_back, why=why, tells=tell, partly=partly, dry_run=dry_run)
        return
    window = Window(replays.moment(begin, "--from"), replays.moment(until, "--until"))
    with progress("folding", is_quiet=as_json) as on_progress:
        done = asyncio.run(
            replays.replay(
                settings,
                consumer,
                kafka_options(settings),
                window=window,
                into=into or None,
                keep=keep,
                on_progress=on_progress,
            )
        )
    if as_json:
        print_json(done.as_json())
    else:
        _print(done)
    if not done.is_equal:
        raise typer.Exit(1)


def _check(*, swap: bool, swap_back: bool, alone: bool, partly: bool, rest: bool) -> bool:
    """Whether a swap is asked for; raises InputError where words stand together that do not belong together."""
    from hub.errors import InputError

    if swap and swap_back:
        raise InputError("--swap-back", "one of --swap and --swap-back", "both")
    if alone and (swap or swap_back):
        raise InputError("--swap", "the whole log, and no --from, --until, --into or --keep", "a part of it, or another schema")
    if partly and not swap:
        raise InputError("--partly", "--swap with it", "it alone")
    if rest and not (swap or swap_back):
        raise InputError("--why, --tell, --dry-run", "--swap or --swap-back with it", "neither")
    return swap or swap_back


def _swap(settings: "Settings", consumer: str, *, as_json: bool, back: bool, why: str, tells: bool, partly: bool, dry_run: bool) -> None:
    import asyncio

    from hub.cli.progress import progress
    from hub.operations import replay_swap
    from hub.wiring import kafka_options

    with progress("folding", is_quiet=as_json) as on_progress:
        options = kafka_options(settings)
        if back:
            going = replay_swap.swap_back(settings, consumer, options, why=why, tells=tells, dry_run=dry_run, on_progress=on_progress)
        else:
            going = replay_swap.swap(
                settings, consumer, options, why=why, tells=tells, partly=partly, dry_run=dry_run, on_progress=on_progress
            )
        done = asyncio.run(going)
    if as_json:
        print_json(done.as_json())
    else:
        _print_swap(done)


def _print_swap(done: "Swapped") -> None:
    if done.replayed:
        _print(done.replayed)
    if done.replayed and (done.is_dry or done.replayed.is_equal):
        typer.echo("Nothing was swapped." if done.replayed.is_equal else "Nothing was swapped: this was a dry run.")
        return
    print_table(
        ("table", ">changed", ">came", ">went"),
        [(each.table, f"{each.changed:,}", f"{each.came:,}", f"{each.went:,}") for each in done.tables if each.rows],
    )
    if done.is_dry:
        typer.echo("Nothing was swapped: this was a dry run.")
        return
    typer.secho(f"\n{done.rows:,} rows swapped; {done.consumer} waited {done.held_seconds:.1f} s", bold=True)
    if done.told:
        typer.echo(f"{done.told:,} changes are told to others.")
    elif done.rows:
        typer.echo("Nobody was told: others hear of a subject with its next change (--tell tells them at once).")
    typer.echo(f"The schema {done.saved_in} keeps what was live: hub replay {done.consumer} --swap-back --why REASON")


def _print(done: "Replayed") -> None:
    typer.echo(f"{done.consumer}: {done.records:,} records folded again in {done.seconds:.1f} s")
    typer.echo(f"compared with the live tables as of {done.taken_at:%Y-%m-%d %H:%M:%S} UTC; {done.unsent:,} events not sent")
    _print_log(done)
    print_table(
        ("table", ">live", ">replayed", ">differing", ">set apart"),
        [(each.table, f"{each.live:,}", f"{each.replayed:,}", f"{each.differing:,}", f"{each.apart:,}") for each in done.tables],
    )
    if done.shown:
        typer.echo("\nThe first differences:")
        print_table(
            ("table", "principal", "ref", "field", "live", "replayed"),
            [tuple("" if cell is None else cell for cell in difference) for difference in done.shown],
        )
    typer.secho(f"\n{done.verdict}", bold=True)
    if done.is_kept:
        typer.echo(f"The schema {done.schema} stays; its live_… tables are the copies.")


def _print_log(done: "Replayed") -> None:
    """Where the log begins."""
    late = sorted({(bound.topic, bound.partition, bound.log_start) for bound in done.bounds if bound.log_start > 0})
    whole = len({(bound.topic, bound.partition) for bound in done.bounds}) - len(late)
    typer.echo(f"{whole:,} partitions begin at their first record")
    for topic, partition, start in late[:_NAMED]:
        typer.echo(printable(f"{topic}[{partition}] begins at {start:,}: earlier history is missing"))
    if len(late) > _NAMED:
        typer.echo(f"and {len(late) - _NAMED:,} more begin later (--json names them)")
