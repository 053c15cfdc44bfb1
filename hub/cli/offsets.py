"""The words `hub offsets …`: how far each partition is folded, and from where it goes on."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import agreed
from hub.cli.printing import AsJson, print_json, print_table

if TYPE_CHECKING:
    from hub.operations.offsets import Change, Place

app = typer.Typer(no_args_is_help=True, help="Offsets: how far each consumer has folded each partition, and from where it goes on.")

Name = Annotated[str, typer.Argument(metavar="CONSUMER", help="A consumer's name, such as crm-sync.")]
PlaceWord = Annotated[str, typer.Argument(metavar="TOPIC[:PARTITION]", help="One topic or partition.")]


@app.command()
def show(
    consumer: Annotated[str, typer.Argument(metavar="[CONSUMER]", help="Unless told, all.")] = "",
    topic: Annotated[str, typer.Option("--topic", help="Only this topic.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show where each partition stands in the store and in the log, who owns it, and why it may stand still.

    Example: hub offsets show crm-sync --topic dealer.ber-01.events
    """
    import asyncio

    from hub.consumers import CONSUMERS
    from hub.operations import offsets
    from hub.operations.places import scope
    from hub.settings import Settings

    names = [consumer] if consumer or not topic else [name for name, one in CONSUMERS.items() if one.topic(topic) is not None]
    scopes = [scope(name, topic) for name in (names if names != [""] else CONSUMERS)]
    found = asyncio.run(offsets.show(Settings(), scopes))
    if as_json:
        return print_json([place.as_json() for place in found])
    if not found:
        typer.echo("No partitions: hub topics plan shows what the catalogue wants.")
        return None
    print_table(
        ("consumer", "partition", ">next offset", ">log start", ">log end", ">behind", ">holes", ">epoch", "owner", "stands still"),
        [
            (
                place.consumer,
                str(place),
                "never folded" if place.next_offset is None else f"{place.next_offset:,}",
                f"{place.log_start:,}",
                f"{place.log_end:,}",
                f"{place.lag:,}",
                place.holes or "",
                place.epoch or "",
                place.owner or "",
                _still(place),
            )
            for place in found
        ],
    )
    return None


@app.command("set")
def set_(
    consumer: Name,
    place: PlaceWord,
    to: Annotated[str, typer.Option("--to", metavar="WHERE", help="earliest, latest, an offset, or a moment: 2026-03-02T12:00:00Z.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be skipped or read again; nothing is changed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can answer.")] = False,
    why: Annotated[str, typer.Option("--why", help="The reason, for the record of acts; needed unless it is a dry run.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let a consumer go on from another offset; refused while a process would go on folding in the same moment.

    Pause the partition first, or stop the consumer; a partition that halted may be set as it is, and goes on from there.
    Exit code 1 where a partition was refused.

    Example: hub offsets set crm-sync dealer.ber-01.events:0 --to earliest --dry-run
    """
    import asyncio

    from hub.operations import offsets
    from hub.operations.acts import reason
    from hub.operations.places import scope
    from hub.settings import Settings

    settings = Settings()
    changes = asyncio.run(offsets.plan(settings, scope(consumer, place), to))
    if not dry_run and any(not change.refused for change in changes):
        reason(why)
        if not yes and not as_json:
            _print_plan(changes)
        if not agreed("Set these offsets?", yes=yes):
            raise typer.Abort
        changes = asyncio.run(offsets.set_(settings, changes, why=why))
    if as_json:
        print_json([_told(change) for change in changes])
    else:
        _print_plan(changes)
    if any(change.refused for change in changes):
        raise typer.Exit(1)


def _print_plan(changes: "list[Change]") -> None:
    print_table(
        ("partition", ">is", ">becomes", ">skipped", ">read again", "result"),
        [
            (
                str(change.place),
                "never folded" if change.place.next_offset is None else f"{change.was:,}",
                f"{change.becomes:,}",
                f"{change.skipped:,}" if change.skipped else "",
                f"{change.repeated:,}" if change.repeated else "",
                "set" if change.is_set else f"refused: {change.refused}" if change.refused else "would be set",
            )
            for change in changes
        ],
    )
    allowed = [change for change in changes if not change.refused]
    if skipped := sum(change.skipped for change in allowed):
        typer.echo(f"{skipped:,} offsets are skipped: nobody folds the records there, unless the offset is set back.")
    if repeated := sum(change.repeated for change in allowed):
        typer.echo(f"{repeated:,} offsets are read again: what the journal knows falls out as a duplicate, and changes nothing.")


def _told(change: "Change") -> dict[str, object]:
    place = change.place
    told = {"consumer": place.consumer, "topic": place.topic, "partition": place.partition, "was": place.next_offset}
    return {**told, **{name: value for name, value in change._asdict().items() if name != "place"}}


def _still(place: "Place") -> str:
    words = [f"halted: {place.halted}, since {place.halted_at:%Y-%m-%d %H:%M:%SZ}"] if place.halted else []
    return "; ".join([*words, *(["paused"] if place.paused else [])])
