"""Do what an operator asks for: show what it comes to, agree on it, do it, and tell what was done."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any, NamedTuple

import typer

from hub.cli.acting import DryRun, Reason, Yes, agreed, check_reason
from hub.cli.options import taking
from hub.cli.printing import AsJson, print_json


class Manner(NamedTuple):
    """How it is done: not at all, without a question, for which reason, told to whom."""

    dry_run: DryRun = False
    yes: Yes = False
    why: Reason = ""
    as_json: AsJson = False


with_manner = taking(manner=Manner)
"""For a command that acts: it has the options of a manner."""


class Deed(NamedTuple):
    """What would be done.

    `told` is what programs are told of it, `show` tells people; `ask` is the question, empty where it needs neither an answer nor a reason.
    `act` does it and returns in words what was done, None where nothing is to be; `say` makes a sentence of it, None where `act` told it.
    """

    told: Mapping[str, Any]
    show: Callable[[], None]
    ask: str
    act: Callable[[], Sequence[str]] | None
    say: Callable[[Sequence[str]], str] | None = None


def do(deed: Deed, manner: Manner) -> Sequence[str] | None:
    """Do it, and return what was done; None where nothing was to be. Raises typer.Abort where somebody did not agree.

    Programs are told in one object: of the plan, whether it `is_dry`, and what was `done`. Where somebody is asked
    all the same, they are shown the plan beside it.
    """
    if not manner.as_json:
        deed.show()
    done = None
    if deed.act is not None and not manner.dry_run:
        if deed.ask:
            check_reason(manner.why)
            if manner.as_json and not manner.yes:
                _show_beside(deed.show)
            if not agreed(deed.ask, yes=manner.yes):
                raise typer.Abort
        done = deed.act()
    if manner.as_json:
        print_json({"is_dry": manner.dry_run, **deed.told, "done": list(done or ())})
    elif done is not None and deed.say is not None:
        typer.echo(deed.say(done))
    return done


def _show_beside(show: Callable[[], None]) -> None:
    """Show whoever is asked what it comes to, and keep it out of what a program reads."""
    with redirect_stdout(sys.stderr):
        show()


def print_outcome(about: Mapping[str, Any], steps: Sequence[str], *, is_dry: bool) -> None:
    """Tell programs of what shows itself by doing it: what was `done`, in a dry run what `would` be; as `do` tells of a plan."""
    print_json({"is_dry": is_dry, **about, "would": steps if is_dry else [], "done": [] if is_dry else steps})
