"""Act upon many things at once: agree on it, say the acts, hear what they came to, and tell."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.printing import print_json, print_table
from hub.errors import InputError

if TYPE_CHECKING:
    from hub.operations.acts import Operator
    from hub.operations.asked import Asked, CameTo

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; nothing does.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can answer.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record of acts.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait for what comes of it; hub acts list tells later.")]
Silence = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0, help="Wait no longer after so long without news.")]
SILENCE = 30.0

_MOST_SHOWN = 50


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


def check_reason(why: str) -> None:
    """Nothing is asked before there is a reason; raises InputError."""
    from hub.operations.acts import reason

    reason(why)


def agreed(question: str, *, yes: bool) -> bool:
    """Whether it is to be done; raises InputError where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InputError("--yes", "given where nobody can be asked")
    return typer.confirm(question, err=True)  # what is printed may be read by a program


def print_foretold(heads: tuple[str, ...], rows: Sequence[tuple[object, ...]], words: Sequence[str]) -> None:
    """What would become of each; of many the first, and how many of each kind there are."""
    print_table((*heads, "what would become of it"), [(*row, said) for row, said in zip(rows[:_MOST_SHOWN], words, strict=False)])
    if len(rows) > _MOST_SHOWN:
        typer.echo(f"… and {len(rows) - _MOST_SHOWN:,} more (--json names them); of all {len(rows):,}:")
        for said, count in Counter(words).most_common(10):
            typer.echo(f"  {count:>7,}  {said}")


def tell(asked: "Asked", *, no_wait: bool, silence: float, as_json: bool, about: Mapping[str, Any] | None = None) -> None:
    """Wait until the owners have carried the acts out, and say what came of each; the exit code is 1 where one was in vain.

    `about` is what programs are told besides.
    """
    import asyncio

    from hub.cli.progress import progress
    from hub.operations.asked import hear

    if no_wait:
        if as_json:
            print_json({**(about or {}), "acts": [{"id": subject, "act": act} for subject, act, _ in asked.acts]})
        else:
            typer.echo(f"{len(asked.acts):,} said on hub.acts; hub acts list tells what comes of it.")
        return
    with progress("carrying out", len(asked.acts), is_quiet=as_json) as on_progress:
        came_to = asyncio.run(hear(url(), asked, silence, on_progress))
    if as_json:
        counts = Counter(one.standing for one in came_to)
        print_json({**(about or {}), "acts": [one.as_json() for one in came_to], "counts": counts})
    else:
        _print(came_to)
    if any(one.is_in_vain for one in came_to):
        raise typer.Exit(1)


def tell_nothing(*, as_json: bool) -> None:
    """There was nothing to act upon: people see an empty table, programs are told in the same words as of an act."""
    if as_json:
        print_json({"acts": [], "counts": {}})


def _print(came_to: Sequence["CameTo"]) -> None:
    from hub.operations.asked import NOT_YET

    shown = sorted(came_to, key=lambda one: not one.is_in_vain)[:_MOST_SHOWN]  # what somebody has to look at first
    print_table(("id", "what came of it"), [(str(one.subject)[:8], one.words) for one in shown])
    if len(came_to) > len(shown):
        typer.echo(f"… and {len(came_to) - len(shown):,} more (hub acts list)")
    counts = Counter(one.standing for one in came_to)
    typer.echo(f"{', '.join(f'{count:,} {standing}' for standing, count in counts.most_common())}.")
    if counts[NOT_YET]:
        typer.echo("What is not carried out yet will be, as soon as its consumer runs: see hub status, and hub acts list.", err=True)
