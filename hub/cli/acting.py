"""What commands that act have in common: their options, who acts and why, the question, and what would become of each."""

import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, TypeVar

import typer

from hub.cli.printing import print_table
from hub.errors import InputError

if TYPE_CHECKING:
    from hub.operations.acts import Operator

P = ParamSpec("P")
T = TypeVar("T")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; nothing does.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can answer.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record of acts.")]
Reason = Annotated[str, typer.Option("--why", help="The reason, for the record of acts; needed unless it is a dry run.")]
Unmask = Annotated[bool, typer.Option("--unmask", help="Show personal data; needs --why, and is kept as an act.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait for what comes of it; hub acts list tells later.")]
Silence = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0, help="Wait no longer after so long without news.")]
SILENCE = 30.0

MOST_SHOWN = 50
"""So many of what is acted upon are named to people; programs are told of all."""


def operator(why: str) -> "Operator":
    """Who acts, and why; raises InputError where no reason is given."""
    from hub.operations.acts import Operator
    from hub.operations.cluster import Cluster
    from hub.settings import Settings

    return Operator(Cluster(Settings()), why)


def url() -> str:
    """Where the state store is."""
    from hub.settings import Settings

    return Settings().database_url.get_secret_value()


def ask(operation: "Callable[Concatenate[str, P], Coroutine[Any, Any, T]]", *what: "P.args", **how: "P.kwargs") -> "T":
    """What an operation finds in the state store."""
    import asyncio

    return asyncio.run(operation(url(), *what, **how))


def check_reason(why: str) -> None:
    """Nothing is asked before there is a reason; raises InputError."""
    from hub.operations.acts import reason

    reason(why)


def agreed(question: str, *, yes: bool) -> bool:
    """Whether it is to be done; raises InputError where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InputError("--yes", "it to be given where nobody can be asked")
    return typer.confirm(question, err=True)  # what is printed may be read by a program


def print_foretold(heads: tuple[str, ...], rows: Sequence[tuple[object, ...]], words: Sequence[str]) -> None:
    """What would become of each; of many the first, and how many of each kind there are."""
    print_table((*heads, "what would become of it"), [(*row, said) for row, said in zip(rows[:MOST_SHOWN], words, strict=False)])
    if len(rows) > MOST_SHOWN:
        typer.echo(f"… and {len(rows) - MOST_SHOWN:,} more (--json names them); of all {len(rows):,}:")
        for said, count in Counter(words).most_common(10):
            typer.echo(f"  {count:>7,}  {said}")
