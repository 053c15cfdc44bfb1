"""The word `hub recover`: after the state store was restored from a backup."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.printing import AsJson, print_json, print_table

if TYPE_CHECKING:
    from hub.operations.recovery import Outlook

_MOST_IDS = 10


def recover(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it; unless told, it is only said what would be done.")] = False,
    why: Annotated[str, typer.Option("--why", help="The reason, for the record of acts; needed with --yes.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compare a state store that was restored from a backup with the log, and shut out who still holds a claim.

    Stop the processes, restore, look what this says, then let it act, then start the processes. Exit code 1 where it is refused.

    Examples: hub recover · hub recover --yes --why "restored from last night's backup"
    """
    import asyncio

    from hub.operations import recovery
    from hub.operations.acts import reason
    from hub.settings import Settings

    if yes:
        reason(why)
    settings = Settings()
    found = asyncio.run(recovery.look(settings))
    if not as_json:
        _print(found)
    done: list[str] = []
    if yes and not found.refused:
        count = asyncio.run(recovery.recover(settings, found, why=why))
        done = [f"{count} partitions have new epochs"]
    if as_json:
        print_json({"is_dry": not yes, **found.as_json(), "done": done})
    if found.refused:
        typer.echo(f"Refused: {found.refused}.", err=True)
        raise typer.Exit(1)
    if done:
        typer.echo(f"{done[0]}: start the processes.", err=as_json)
        typer.echo(
            'Couriers are held: when nothing is behind, hub resume courier --why "…"; then hub deliveries list --state unknown.',
            err=as_json,
        )
    else:
        typer.echo('Nothing was changed; hub recover --yes --why "…" acts.', err=as_json or not sys.stdout.isatty())


def _print(found: "Outlook") -> None:
    moment = f"{found.taken_at:%Y-%m-%d %H:%M:%SZ}" if found.taken_at else "before anything was folded"
    typer.echo(f"The store stands as of {moment}.")
    for line in found.ahead:
        typer.echo(f"ahead of the log: {line}")
    for line in found.lost:
        typer.echo(f"lost: {line}; that partition will halt (records_lost), hub offsets set decides")
    if found.again:
        print_table(("consumer", "partition", ">records read (again)"), [(name, place, f"{count:,}") for name, place, count in found.again])
        typer.echo("What the restored journal knows changes nothing; the rest is folded as it was.")
    else:
        typer.echo("Nothing is read again: the store knows the whole log.")
    if found.said:
        print_table(("topic", ">said after the backup"), [(topic, f"{count:,}") for topic, count in sorted(found.said.items())])
        typer.echo("Others heard these. They are said anew, maybe under other ids: revisions tell what is known already.")
    for topic, ids in sorted(found.heard.items()):
        more = f" and {len(ids) - _MOST_IDS} more (--json)" if len(ids) > _MOST_IDS else ""
        shown = ", ".join(ids[:_MOST_IDS])
        typer.echo(f"{topic}: {len(ids)} of {found.unsent[topic]} unsent events are heard twice, under the same ids: {shown}{more}")
    for pause in found.pauses:
        typer.echo(f"paused in the backup: {pause.scope}, by {pause.who}: {pause.why}")
    if found.taken_at:
        typer.echo(f"Pauses and offsets of after it are gone: hub acts list --since {found.taken_at:%Y-%m-%dT%H:%M:%SZ}")
