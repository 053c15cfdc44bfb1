"""Have consumers carry out what an operator asks for: shown, agreed on, said as acts, and told what each came to."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from hub.cli.acting import MOST_SHOWN, SILENCE, NoWait, Silence, url
from hub.cli.doing import Deed, Manner, do
from hub.cli.options import taking
from hub.cli.printing import print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.operations.asked import Asked, CameTo


class Plan(NamedTuple):
    """What would be asked for: `told`, `show` and `question` are as of a `Deed`; `ask` says the acts, None where there is none to say."""

    told: "Mapping[str, Any]"
    show: Callable[[], None]
    question: str
    ask: "Callable[[], Asked] | None"


class Patience(NamedTuple):
    """How long what comes of acts is waited for: not at all, or so many seconds without news."""

    no_wait: NoWait = False
    silence: Silence = SILENCE


with_patience = taking(manner=Manner, patience=Patience)
"""For a command that has something carried out: it has the options of a manner, and of patience."""


def carry_out(plan: Plan, manner: Manner, patience: Patience) -> None:
    """Have it carried out; the exit code is 1 where an act was in vain.

    Programs are told of each act (`acts`), how many ended how (`counts`), and as `done` the ids of what was done.
    """
    ask, told = plan.ask, {**plan.told, "acts": [], "counts": {}}
    came_to: list[CameTo] = []

    def act() -> list[str]:
        assert ask is not None  # noqa: S101 - else there is no act
        asked = ask()
        if patience.no_wait:
            told["acts"] = [{"id": subject, "act": name} for subject, name, _ in asked.acts]
            if not manner.as_json:
                typer.echo(f"{len(asked.acts):,} said on hub.acts; hub acts list tells what comes of it.")
            return []
        came_to.extend(_hear(asked, patience.silence, is_quiet=manner.as_json))
        told.update(acts=[one.as_json() for one in came_to], counts=Counter(one.standing for one in came_to))
        if not manner.as_json:
            _print(came_to)
        return [str(one.subject) for one in came_to if one.standing == "done"]

    do(Deed(told, plan.show, plan.question, act if ask else None), manner)
    if any(one.is_in_vain for one in came_to):
        raise typer.Exit(1)


def _hear(asked: "Asked", silence: float, *, is_quiet: bool) -> "list[CameTo]":
    import asyncio

    from hub.cli.progress import progress
    from hub.operations.asked import hear

    with progress("carrying out", len(asked.acts), is_quiet=is_quiet) as on_progress:
        return asyncio.run(hear(url(), asked, silence, on_progress))


def _print(came_to: "Sequence[CameTo]") -> None:
    from hub.operations.asked import NOT_YET

    shown = sorted(came_to, key=lambda one: not one.is_in_vain)[:MOST_SHOWN]  # what somebody has to look at first
    print_table(("id", "what came of it"), [(str(one.subject)[:8], one.words) for one in shown])
    if len(came_to) > len(shown):
        typer.echo(f"… and {len(came_to) - len(shown):,} more (hub acts list)")
    counts = Counter(one.standing for one in came_to)
    typer.echo(f"{', '.join(f'{count:,} {standing}' for standing, count in counts.most_common())}.")
    if counts[NOT_YET]:
        typer.echo("What is not carried out yet will be, as soon as its consumer runs: see hub status, and hub acts list.", err=True)
