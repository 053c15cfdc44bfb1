"""Say something on oem.campaigns: show what it comes to, agree on it, publish it, hear what became of it, and tell."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer

from hub.cli.acting import SILENCE, url
from hub.cli.doing import Deed, Manner, do

if TYPE_CHECKING:
    from contracts.campaigns import CampaignEvent, MessageRequested
    from contracts.contract import Lineage


def say(
    lineage: "Lineage[Any]",
    body: "CampaignEvent | MessageRequested",
    ask: str,
    manner: Manner,
    *,
    show: Callable[[], None],
    no_wait: bool,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Publish one record and wait until it is folded; the exit code is 1 where it changed nothing, for whatever reason, or has not yet.

    Programs are told what it came to (`standing`, `words`), and `about` besides; `done` is empty where nobody waited for that.
    """
    import asyncio

    from hub.operations.campaigns import say as publish
    from hub.operations.hearing import CameTo, hear
    from hub.settings import Settings
    from hub.wiring import kafka_options

    told = {"type": lineage.wire, "subject": lineage.ref(body), **(about or {})}
    heard: list[CameTo] = []

    def act() -> list[str]:
        said = asyncio.run(publish(kafka_options(Settings()), lineage, body, body.who))
        came_to = CameTo("said") if no_wait else asyncio.run(hear(url(), said, SILENCE))
        heard.append(came_to)
        told.update(id=said.id, standing=came_to.standing, words=came_to.words)
        return [] if no_wait or came_to.is_in_vain else [f"{lineage.name} {came_to.standing}"]

    do(Deed(told, show, ask, act, lambda _: f"{lineage.name} said by {body.who}: {heard[0].told}."), manner)
    if heard and heard[0].is_in_vain:
        if not manner.as_json and (advice := heard[0].advice or _look(lineage, body)):
            typer.echo(advice, err=True)
        raise typer.Exit(1)


def _look(lineage: "Lineage[Any]", body: "CampaignEvent | MessageRequested") -> str:
    """Where to see what stood against it."""
    return f"hub campaigns show {lineage.ref(body)} tells how it stands" if lineage.kind == "campaign" else ""
