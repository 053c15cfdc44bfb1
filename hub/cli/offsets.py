"""The words `hub offsets …`: how far each partition is folded, and from where it goes on."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.doing import Deed, Manner, do, with_manner
from hub.cli.printing import AsJson, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

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
@with_manner
def set_(
    consumer: Name,
    place: PlaceWord,
    to: Annotated[str, typer.Option("--to", metavar="WHERE", help="earliest, latest, an offset, or a moment: 2026-03-02T12:00:00Z.")],
    *,
    manner: Manner,
) -> None:
    """Let a consumer go on from another offset; refused while a process would go on folding in the same moment.

    Pause the partition first, or stop the consumer; a partition that halted may be set as it is, and goes on from there.
    Exit code 1 where a partition was refused.

    Example: hub offsets set crm-sync dealer.ber-01.events:0 --to earliest --dry-run
    """
    import asyncio

    from hub.operations import offsets
    from hub.operations.places import scope
    from hub.settings import Settings

    settings = Settings()
    changes = asyncio.run(offsets.plan(settings, scope(consumer, place), to))
    told: dict[str, object] = {"partitions": [_told(change) for change in changes]}

    def act() -> list[str]:
        changes[:] = asyncio.run(offsets.set_(settings, changes, why=manner.why))
        told["partitions"] = [_told(change) for change in changes]
        return [f"{change.place} goes on from {change.becomes:,}" for change in changes if change.is_set]

    def say(done: "Sequence[str]") -> str:
        refused = [f"{change.place} was refused: {change.refused}" for change in changes if change.refused]
        return "\n".join((*done, *refused))

    can_act = any(not change.refused for change in changes)
    deed = Deed(told, lambda: _print_plan(changes), "Set these offsets?", act if can_act else None, say)
    do(deed, manner)
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
                f"refused: {change.refused}" if change.refused else "would be set",
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
