"""Say something on oem.campaigns: agree on it, publish it, hear what it came to, and tell."""

from typing import TYPE_CHECKING, Any

import typer

from hub.cli.acting import SILENCE, agreed, check_reason, url
from hub.cli.printing import print_json

if TYPE_CHECKING:
    from contracts.campaigns import CampaignEvent, MessageRequested
    from contracts.contract import Lineage


def say(
    lineage: "Lineage[Any]", body: "CampaignEvent | MessageRequested", *, why: str, ask: str, yes: bool, no_wait: bool, as_json: bool
) -> None:
    """Publish one record and wait until it is folded; the exit code is 1 where it was refused, or is not folded yet."""
    import asyncio

    from hub.operations.campaigns import CameTo, hear
    from hub.operations.campaigns import say as publish
    from hub.settings import Settings
    from hub.wiring import kafka_options

    check_reason(why)
    if not agreed(ask, yes=yes):
        raise typer.Abort
    said = asyncio.run(publish(kafka_options(Settings()), lineage, body, body.who))
    came_to = CameTo("said") if no_wait else asyncio.run(hear(url(), said, SILENCE))
    if as_json:
        print_json(
            {"id": said.id, "type": lineage.wire, "subject": lineage.ref(body), "standing": came_to.standing, "words": came_to.words}
        )
    else:
        typer.echo(f"{lineage.name} said by {body.who}: {': '.join(filter(None, came_to))}.")
        if came_to.standing == "not folded yet":
            typer.echo("It will be, as soon as the consumer campaigns runs: see hub status.", err=True)
    if came_to.is_in_vain:
        raise typer.Exit(1)
