"""Say something on oem.campaigns: show what it comes to, agree on it, publish it, hear what became of it, and tell."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from hub.cli.acting import SILENCE, DryRun, Yes, url
from hub.cli.doing import Deed, Manner, do
from hub.cli.identity import Pass
from hub.cli.options import taking
from hub.cli.printing import AsJson

if TYPE_CHECKING:
    from contracts.base import Right
    from contracts.campaigns import CampaignEvent, MessageRequested
    from contracts.contract import Lineage
    from hub.cli.identity import Signer

Why = Annotated[str, typer.Option("--why", help="The reason, kept with what is said.")]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Do not wait for what comes of it; hub campaigns show or hub deliveries list tells later.")
]


class Saying(NamedTuple):
    """How it is said: for which reason, under whose pass, and in which manner."""

    why: Why = ""
    pass_file: Pass = None
    dry_run: DryRun = False
    yes: Yes = False
    no_wait: NoWait = False
    as_json: AsJson = False

    @property
    def manner(self) -> Manner:
        """How whoever says it is asked and told."""
        return Manner(self.dry_run, self.yes, self.why, self.as_json)

    def signer(self, right: "Right | None" = None) -> "Signer":
        """Whoever shows a pass that is good for that; in a dry run nobody needs the right."""
        from hub.cli.identity import signer

        return signer(self.pass_file, None if self.dry_run else right)


with_saying = taking(how=Saying)
"""For a command that says something: it has the options of a saying, in the place of its parameter `how`."""


def say(
    lineage: "Lineage[Any]",
    body: "CampaignEvent | MessageRequested",
    ask: str,
    how: Saying,
    *,
    show: Callable[[], None],
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
        came_to = CameTo("said") if how.no_wait else asyncio.run(hear(url(), said, SILENCE))
        heard.append(came_to)
        told.update(id=said.id, standing=came_to.standing, words=came_to.words)
        return [] if how.no_wait or came_to.is_in_vain else [f"{lineage.name} {came_to.standing}"]

    do(
        Deed(told, show, ask, act, lambda _: f"{lineage.name} said by {body.who}: {heard[0].told}."),
        how.manner,
    )
    if heard and heard[0].is_in_vain:
        if not how.as_json and (advice := heard[0].advice or _look(lineage, body)):
            typer.echo(advice, err=True)
        raise typer.Exit(1)


def _look(lineage: "Lineage[Any]", body: "CampaignEvent | MessageRequested") -> str:
    """Where to see what stood against it."""
    return f"hub campaigns show {lineage.ref(body)} tells how it stands" if lineage.kind == "campaign" else ""
