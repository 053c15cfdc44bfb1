"""The words `hub dead-letters …`: what could not be folded, why, and what is done about it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import Unmask, Why, ask, operator, print_foretold
from hub.cli.carrying import Patience, Plan, carry_out, with_patience
from hub.cli.doing import Manner
from hub.cli.filters import Filters, filtered
from hub.cli.mending import edit, print_changes
from hub.cli.printing import AsJson, print_json, print_more, print_table, printable
from hub.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.operations.asked import Asked
    from hub.operations.body_changes import Difference
    from hub.operations.dead_letters import Content, Done
    from hub.operations.foretelling import Foretold
    from hub.state.letter_desk import Choice, Letter
    from hub.state.wait_desk import Parked

app = typer.Typer(no_args_is_help=True, help="Dead letters: what could not be folded, why, and what is done about it.")
app.command("edit")(edit)

Reason = Annotated[str, typer.Option("--reason", help="Only for this reason, such as schema or rejected.")]
Most = Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="At most so many.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Beginnings of ids; without any, all that the filters leave.")]

_MOST = 100_000
_MOST_BEHIND = 100


@app.command("list")
@filtered
def list_(
    chosen: Filters,
    reason: Reason = "",
    state: Annotated[str, typer.Option("--state", help="open, redriven or discarded.")] = "open",
    most: Most = 50,
    as_json: AsJson = False,
) -> None:
    """List dead letters in their order of arrival.

    Example: hub dead-letters list --dealer ber-01 --reason schema --older-than 2d
    """
    if state not in {"open", "redriven", "discarded"}:
        raise InputError("--state", "open, redriven or discarded", state)
    from hub.operations.dead_letters import masked

    found = [masked(letter) for letter in _find(_choice(chosen, reason, state), most)]
    if as_json:
        return print_json([_told(letter) for letter in found])
    if not found:
        typer.echo("No dead letters." if state == "open" else f"No {state} dead letters.")
        return None
    now = datetime.now(UTC)
    print_table(
        ("id", "of", "key", "reason", "where it is wrong", ">held behind", ">age", "record"),
        [
            (
                str(letter.id)[:8],
                letter.principal,
                letter.key or "",
                letter.reason,
                "; ".join(f"{path or '(body)'}: {expected}" for path, expected in letter.faults[:2]),
                letter.behind or "",
                f"{(now - letter.since).total_seconds() / 3600:.1f} h",
                f"{letter.topic}@{letter.partition}:{letter.offset}",
            )
            for letter in found
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
    """Show one dead letter: why, the record as it came, what was made of it so far, and what waits behind it.

    Example: hub dead-letters show 5e441e34
    """
    from hub.operations import body_changes, dead_letters, waits
    from hub.rules.masking import mask_reference

    who = operator(why) if unmask else None
    letter = ask(dead_letters.one, name)
    original = ask(dead_letters.original, letter)
    if who is not None:
        who.unmasks("dead_letter.unmasked", str(letter.id))
    content = dead_letters.content(original, is_masked=not unmask)
    done = ask(dead_letters.history, letter)
    behind = ask(dead_letters.behind, letter, _MOST_BEHIND)
    if not unmask:
        letter, behind = dead_letters.masked(letter), [waits.masked(one) for one in behind]
        done = [one._replace(key=mask_reference(one.key)) for one in done]
    shown = [
        (one, body_changes.differences(one.changes) if unmask else body_changes.masked(one.changes, one.type or letter.type))
        for one in done
    ]
    if as_json:
        acts = [{**one._asdict(), "changes": [change._asdict() for change in changes]} for one, changes in shown]
        rows = [parked._asdict() for parked in behind]
        return print_json({**_told(letter), "headers": content.headers, "body": content.body, "acts": acts, "behind": rows})
    _print_letter(letter, content, shown, behind)
    return None


@app.command()
@filtered
@with_patience
def redrive(
    chosen: Filters,
    ids: Ids = None,
    reason: Reason = "",
    *,
    manner: Manner,
    patience: Patience,
) -> None:
    """Fold dead letters again, in their order of arrival; what waits behind each follows.

    It waits until their owner has carried it out, and says what came of each; the exit code is 1 where one is dead again.

    Example: hub dead-letters redrive --dealer ber-01 --reason unknown_type --why "the new version is deployed" --dry-run
    """
    from hub.operations import dead_letters, foretelling
    from hub.settings import Settings

    letters = _chosen(ids, _choice(chosen, reason, "open"))
    found = ask(foretelling.redriven, letters, Settings().max_record_bytes)
    plan = _plan(found, f"Redrive {len(letters):,}?", lambda: dead_letters.redrive(operator(manner.why), letters))
    carry_out(plan, manner, patience)


@app.command()
@filtered
@with_patience
def discard(
    chosen: Filters,
    ids: Ids = None,
    reason: Reason = "",
    *,
    manner: Manner,
    patience: Patience,
) -> None:
    """Give dead letters up; what waits behind each goes on without it.

    Example: hub dead-letters discard 5e441e34 --why "a test record of the dealer's system"
    """
    from hub.operations import dead_letters, foretelling

    letters = _chosen(ids, _choice(chosen, reason, "open"))
    found = ask(foretelling.discarded, letters)
    plan = _plan(found, f"Discard {len(letters):,}?", lambda: dead_letters.discard(operator(manner.why), letters))
    carry_out(plan, manner, patience)


def _print_letter(
    letter: "Letter", content: "Content", shown: "Sequence[tuple[Done, Sequence[Difference]]]", behind: "Sequence[Parked]"
) -> None:
    from hub.operations.asked import NOT_YET

    typer.echo(f"dead letter {letter.id} of {letter.principal}, {letter.state} since {letter.since:%Y-%m-%d %H:%M:%SZ}")
    where = f"{letter.topic}@{letter.partition}:{letter.offset}"
    typer.echo(printable(f"  record  {where}, key {letter.key or '(none)'}, {letter.type or 'no type'}"))
    if letter.store and (letter.whose, letter.ref) != (letter.principal, letter.key):
        typer.echo(printable(f"  part    {letter.store} {letter.whose}/{letter.ref}: what it says of others counts"))
    typer.echo(f"  reason  {letter.reason}")
    for path, expected in letter.faults:
        typer.echo(f"          {printable(path or '(body)')}: {printable(expected)}")
    for header, text in content.headers:
        typer.echo(f"  {printable(header)}: {printable(text)}")
    print_json(content.body)
    for one, changes in shown:
        mended = "".join(f", {field} {value}" for field, value in (("type", one.type), ("key", one.key)) if value)
        typer.echo(printable(f"\n{one.what} {one.at:%Y-%m-%d %H:%M:%SZ} by {one.who}{mended}: {one.why}\n  {one.effect or NOT_YET}"))
        if changes:
            print_changes(changes)
    if behind:
        typer.echo("\nBehind it wait, in this order:")
        print_table(("event", "since", "record"), [(p.type, f"{p.since:%H:%M:%S}", f"{p.topic}@{p.partition}:{p.offset}") for p in behind])


def _plan(found: "Sequence[Foretold]", question: str, ask: "Callable[[], Asked]") -> Plan:
    from hub.operations.dead_letters import masked

    shown = [(masked(one.letter), one) for one in found]

    def show() -> None:
        rows = [(str(letter.id)[:8], letter.key or "", letter.reason, one.behind or "") for letter, one in shown]
        print_foretold(("id", "key", "reason", ">go on behind it"), rows, [one.words for one in found])

    letters = [{**_told(letter), "foretold": one.words, "would_go_on": one.behind} for letter, one in shown]
    return Plan({"letters": letters}, show, question, ask if found else None)


def _choice(chosen: Filters, reason: str, state: str) -> "Choice":
    from hub.state.letter_desk import Choice

    return Choice(state, reason=reason, **chosen._asdict())


def _find(choice: "Choice", most: int) -> "list[Letter]":
    from hub.operations import dead_letters

    return ask(dead_letters.find, choice, most)


def _chosen(ids: list[str] | None, choice: "Choice") -> "list[Letter]":
    from hub.operations import dead_letters

    if ids:
        named = {letter.id: letter for name in ids for letter in [ask(dead_letters.one, name)]}
        letters = sorted(named.values(), key=lambda letter: letter.place)
        closed = [letter for letter in letters if letter.state != "open"]
        if closed:
            raise InputError("ID", "an open dead letter", f"{closed[0].id} is {closed[0].state}")
        return letters
    if choice == type(choice)():
        raise InputError("ID", "ids, or at least one filter: all dead letters at once are never meant")
    return _find(choice, _MOST)


def _told(letter: "Letter") -> dict[str, object]:
    shown = {name: value for name, value in letter._asdict().items() if name not in {"event", "part"}}
    return {**shown, "is_journalled": letter.is_journalled}
