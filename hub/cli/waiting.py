"""The words `hub waiting …`: what waits, for what, and what is done about it."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import Unmask, Why, ask, operator, print_foretold
from hub.cli.carrying import Patience, Plan, carry_out, with_patience
from hub.cli.doing import Manner
from hub.cli.filters import Filters, filtered
from hub.cli.printing import AsJson, print_json, print_more, print_table, printable
from hub.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.operations.asked import Asked
    from hub.operations.waits import Foretold
    from hub.state.wait_desk import Choice, Parked

app = typer.Typer(no_args_is_help=True, help="Records that wait: for news, for an operator, for a newer version of the hub.")

Hold = Annotated[str, typer.Option("--for", help="Only what waits for news, for an operator, or for a version.")]
Awaited = Annotated[str, typer.Option("--awaits", metavar="KIND[/REF]", help="Only what waits for this, such as sales_model/standard.")]
Most = Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="At most so many.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Beginnings of ids; without any, all that the filters leave.")]

_MOST = 100_000
_MOST_BESIDE = 100
_HOLDS = ("", "news", "operator", "version")


@app.command("list")
@filtered
def list_(chosen: Filters, hold: Hold = "", awaited: Awaited = "", most: Most = 50, as_json: AsJson = False) -> None:
    """List the records that wait, and for what.

    Example: hub waiting list --for news --awaits sales_model/standard
    """
    from hub.operations.waits import masked

    found = [masked(wait) for wait in _find(_choice(chosen, hold, awaited), most)]
    if as_json:
        return print_json([_told(wait) for wait in found])
    if not found:
        typer.echo("Nothing waits.")
        return None
    print_table(
        ("id", "of", "key", "event", "waits for", "since", "until", "record"),
        [
            (
                str(wait.id)[:8],
                wait.principal,
                wait.key or "",
                wait.type,
                _what_for(wait),
                f"{wait.since:%Y-%m-%d %H:%MZ}",
                f"{wait.until:%Y-%m-%d %H:%MZ}" if wait.until else "",
                f"{wait.topic}@{wait.partition}:{wait.offset}",
            )
            for wait in found
        ],
    )
    print_more(len(found), most)
    return None


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The beginning of its id.")],
    unmask: Unmask = False,
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Show one record that waits: what it says, what it waits for, and what else of its key waits.

    Example: hub waiting show 9b2f01c4
    """
    from hub.operations import waits

    who = operator(why) if unmask else None
    wait = ask(waits.one, name)
    if who is not None:
        who.unmasks("wait.unmasked", str(wait.id))
    content = ask(waits.content, wait, is_masked=not unmask)
    beside = ask(waits.beside, wait, _MOST_BESIDE)
    if not unmask:
        wait, beside = waits.masked(wait), [waits.masked(other) for other in beside]
    if as_json:
        told = {**_told(wait), "headers": content.headers, "body": content.body, "beside": [_told(other) for other in beside]}
        return print_json(told)
    typer.echo(f"{wait.type} of {wait.principal}, key {printable(wait.key or '(none)')}")
    typer.echo(f"  record  {wait.topic}@{wait.partition}:{wait.offset}")
    if wait.store and (wait.whose, wait.ref) != (wait.principal, wait.key):
        typer.echo(printable(f"  part    {wait.store} {wait.whose}/{wait.ref}"))
    typer.echo(printable(f"  waits   for {_what_for(wait)}"))
    typer.echo(f"  since   {wait.since:%Y-%m-%d %H:%M:%SZ}" + (f", until {wait.until:%Y-%m-%d %H:%M:%SZ}" if wait.until else ""))
    for header, text in content.headers:
        typer.echo(f"  {printable(header)}: {printable(text)}")
    print_json(content.body)
    if beside:
        typer.echo("\nOf its key also wait:")
        print_table(
            ("id", "event", "waits for", "since"),
            [(str(other.id)[:8], other.type, _what_for(other), f"{other.since:%Y-%m-%d %H:%MZ}") for other in beside],
        )
    return None


@app.command()
@filtered
@with_patience
def release(
    chosen: Filters,
    ids: Ids = None,
    hold: Hold = "",
    awaited: Awaited = "",
    *,
    manner: Manner,
    patience: Patience,
) -> None:
    """Have records that wait looked at again now: for news that came, or with the version that is deployed by now.

    A rule cannot be made to take what builds on something unknown: where that has not come, the record goes on waiting, and
    the exit code is 1. Bring what is missing, or end the wait with `hub waiting expire`.

    Example: hub waiting release --awaits sales_model/standard --why "it is laid down" --dry-run
    """
    from hub.operations import waits
    from hub.settings import Settings

    found = _chosen(ids, _choice(chosen, hold, awaited))
    foretold = ask(waits.released, found, Settings().max_record_bytes)
    plan = _plan(foretold, "Look again at {}?", lambda due: waits.release(operator(manner.why), due))
    carry_out(plan, manner, patience)


@app.command()
@filtered
@with_patience
def expire(
    chosen: Filters,
    ids: Ids = None,
    hold: Hold = "",
    awaited: Awaited = "",
    *,
    manner: Manner,
    patience: Patience,
) -> None:
    """End the wait of records now: each becomes a dead letter, wait_expired, as if its time were over; its sender hears of it.

    Example: hub waiting expire 9b2f01c4 --why "the dealer will not send it any more"
    """
    from hub.operations import waits

    found = _chosen(ids, _choice(chosen, hold, awaited))
    plan = _plan(waits.ended(found), "End the wait of {}?", lambda due: waits.end(operator(manner.why), due))
    carry_out(plan, manner, patience)


def _plan(found: "Sequence[Foretold]", question: str, ask: "Callable[[list[Parked]], Asked]") -> Plan:
    """All of them are shown, and those acted upon that an act can do something about."""
    from hub.operations.waits import masked

    due = [one.wait for one in found if one.is_open_to_acts]
    shown = [(masked(one.wait), one.words) for one in found]

    def show() -> None:
        rows = [(str(wait.id)[:8], wait.key or "", wait.type, _what_for(wait)) for wait, _ in shown]
        print_foretold(("id", "key", "event", "waits for"), rows, [one.words for one in found])

    waits = [{**_told(wait), "foretold": words} for wait, words in shown]
    return Plan({"waits": waits}, show, question.format(f"{len(due):,}"), (lambda: ask(due)) if due else None)


def _choice(chosen: Filters, hold: str, awaited: str) -> "Choice":
    from hub.state.wait_desk import Choice

    if hold not in _HOLDS:
        raise InputError("--for", "news, operator or version", hold)
    kind, _, ref = awaited.partition("/")
    return Choice(hold, kind=kind, awaited=ref, **chosen._asdict())


def _find(choice: "Choice", most: int) -> "list[Parked]":
    from hub.operations import waits

    return ask(waits.find, choice, most)


def _chosen(ids: list[str] | None, choice: "Choice") -> "list[Parked]":
    from hub.operations import waits

    if ids:
        return list({wait.id: wait for name in ids for wait in [ask(waits.one, name)]}.values())
    if choice == type(choice)():
        raise InputError("ID", "ids, or at least one filter: all that waits at once is never meant")
    return _find(choice, _MOST)


def _what_for(wait: "Parked") -> str:
    if wait.hold == "operator":
        return "an operator: a dead letter of its key"
    return f"a newer version of the hub: {wait.type}" if wait.hold == "version" else f"{wait.kind} {wait.awaited_ref}"


def _told(wait: "Parked") -> dict[str, object]:
    return {name: value for name, value in wait._asdict().items() if name not in {"event", "part"}}
