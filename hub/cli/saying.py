"""Say something on oem.campaigns: agree on it, publish it, hear what it came to, and tell."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from hub.cli.acting import SILENCE, agreed, check_reason, url
from hub.cli.printing import print_json

if TYPE_CHECKING:
    from contracts.campaigns import CampaignEvent, MessageRequested
    from contracts.contract import Lineage
    from hub.operations.hearing import CameTo


def say(
    lineage: "Lineage[Any]",
    body: "CampaignEvent | MessageRequested",
    *,
    why: str,
    ask: str,
    dry_run: bool,
    yes: bool,
    no_wait: bool,
    as_json: bool,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Publish one record and wait until it is folded; the exit code is 1 where it changed nothing, for whatever reason, or has not yet.

    `about` is what programs are told besides.
    """
    import asyncio

    from hub.operations.campaigns import say as publish
    from hub.operations.hearing import CameTo, hear
    from hub.settings import Settings
    from hub.wiring import kafka_options

    told = {"is_dry": dry_run, "type": lineage.wire, "subject": lineage.ref(body), **(about or {})}
    if dry_run:
        if as_json:
            print_json(told)
        return
    check_reason(why)
    if not agreed(ask, yes=yes):
        raise typer.Abort
    said = asyncio.run(publish(kafka_options(Settings()), lineage, body, body.who))
    came_to = CameTo("said") if no_wait else asyncio.run(hear(url(), said, SILENCE))
    if as_json:
        print_json({**told, "id": said.id, "standing": came_to.standing, "words": came_to.words})
    else:
        typer.echo(f"{lineage.name} said by {body.who}: {came_to.told}.")
        if advice := came_to.advice or _look(lineage, body, came_to):
            typer.echo(advice, err=True)
    if came_to.is_in_vain:
        raise typer.Exit(1)


def _look(lineage: "Lineage[Any]", body: "CampaignEvent | MessageRequested", came_to: "CameTo") -> str:
    """Where to see what stood against it."""
    is_of_campaign = came_to.is_in_vain and lineage.kind == "campaign"
    return f"hub campaigns show {lineage.ref(body)} tells how it stands" if is_of_campaign else ""
