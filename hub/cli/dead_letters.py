"""The words `hub dead-letters …` and `hub waiting`: what could not be folded, why, and what is done about it."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.printing import AsJson, print_json, print_table, printable

if TYPE_CHECKING:
    from hub.state.letter_desk import Choice, Letter

app = typer.Typer(no_args_is_help=True, help="Dead letters: what could not be folded, why, and what is done about it.")

Dealer = Annotated[str, typer.Option("--dealer", help="Only this dealer's.")]
Topic = Annotated[str, typer.Option("--topic", help="Only of this topic.")]
Reason = Annotated[str, typer.Option("--reason", help="Only for this reason, such as schema or rejected.")]
Wire = Annotated[str, typer.Option("--type", help="Only of this event type, such as hub.customer.changed.v1.")]
Key = Annotated[str, typer.Option("--key", help="Only of this record key.")]
Older = Annotated[float, typer.Option("--older-than", metavar="HOURS", min=0, help="Only those that old.")]
Most = Annotated[int, typer.Option("-n", min=1, max=100_000, help="At most so many.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Beginnings of ids; without any, all that the filters leave.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; nothing does.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can answer.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]


@app.command("list")
def list_(
    dealer: Dealer = "",
    topic: Topic = "",
    reason: Reason = "",
    wire: Wire = "",
    key: Key = "",
    older_than: Older = 0,
    state: Annotated[str, typer.Option("--state", help="open, redriven or discarded.")] = "open",
    most: Most = 50,
    as_json: AsJson = False,
) -> None:
    """List dead letters in their order of arrival.

    Example: hub dead-letters list --dealer ber-01 --reason schema
    """
    found = _find(_choice(dealer, topic, reason, wire, key, older_than, state), most)
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
    return None


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The beginning of its id.")],
    unmask: Annotated[bool, typer.Option("--unmask", help="Show personal data; needs --why, and is kept as an act.")] = False,
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: why, the record as it came, and what waits behind it.

    Example: hub dead-letters show 5e441e34
    """
    import asyncio

    from hub.operations import dead_letters
    from hub.operations.acts import Operator
    from hub.operations.cluster import Cluster
    from hub.settings import Settings

    operator = Operator(Cluster(Settings()), why) if unmask else None
    url = _url()
    letter = asyncio.run(dead_letters.one(url, name))
    if operator is not None:
        operator.unmasks("dead_letter.unmasked", str(letter.id))
    content = dead_letters.content(letter, is_masked=not unmask)
    behind = asyncio.run(dead_letters.parked(url, letter.principal, letter.key or "", "operator", 100)) if letter.key else []
    if as_json:
        rows = [parked._asdict() for parked in behind]
        return print_json({**_told(letter), "headers": content.headers, "body": content.body, "behind": rows})
    typer.echo(f"dead letter {letter.id} of {letter.principal}, {letter.state} since {letter.since:%Y-%m-%d %H:%M:%SZ}")
    typer.echo(
        f"  record  {letter.topic}@{letter.partition}:{letter.offset}, key {printable(letter.key or '(none)')}, {letter.type or 'no type'}"
    )
    typer.echo(f"  reason  {letter.reason}")
    for path, expected in letter.faults:
        typer.echo(f"          {printable(path or '(body)')}: {printable(expected)}")
    for header, text in content.headers:
        typer.echo(f"  {printable(header)}: {printable(text)}")
    print_json(content.body)
    if behind:
        typer.echo("\nBehind it wait, in this order:")
        print_table(("event", "since", "record"), [(p.type, f"{p.since:%H:%M:%S}", f"{p.topic}@{p.partition}:{p.offset}") for p in behind])
    return None


@app.command()
def redrive(
    ids: Ids = None,
    dealer: Dealer = "",
    topic: Topic = "",
    reason: Reason = "",
    wire: Wire = "",
    key: Key = "",
    older_than: Older = 0,
    body: Annotated[Path | None, typer.Option("--body", help="A file with the body to take instead; for one letter only.")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    why: Why = "",
) -> None:
    """Fold dead letters again, in their order of arrival; what waits behind each follows.

    Example: hub dead-letters redrive --dealer ber-01 --reason unknown_type --why "the new version is deployed" --dry-run
    """
    from hub.errors import InputError
    from hub.operations import dead_letters
    from hub.settings import Settings

    letters = _chosen(ids, _choice(dealer, topic, reason, wire, key, older_than, "open"))
    most, text = Settings().max_record_bytes, None
    if body is not None:
        if len(letters) != 1:
            raise InputError("--body", "one letter only", len(letters))
        try:
            text = body.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                "--body", f"a file in UTF-8 that can be read ({getattr(error, 'strerror', None) or 'it is not UTF-8'})", str(body)
            ) from None
        dead_letters.check_body(letters[0], text)
    print_table(
        ("id", "key", ">held behind", "what would become of it"),
        [(str(letter.id)[:8], letter.key or "", letter.behind or "", dead_letters.foretell(letter, text, most)) for letter in letters],
    )
    if letters and not dry_run and _agreed(yes, why, f"Redrive {len(letters)}?"):
        _act("redrive", letters, why, text)


@app.command()
def discard(
    ids: Ids = None,
    dealer: Dealer = "",
    topic: Topic = "",
    reason: Reason = "",
    wire: Wire = "",
    key: Key = "",
    older_than: Older = 0,
    dry_run: DryRun = False,
    yes: Yes = False,
    why: Why = "",
) -> None:
    """Give dead letters up; what waits behind each goes on without it.

    Example: hub dead-letters discard 5e441e34 --why "a test record of the dealer's system"
    """
    letters = _chosen(ids, _choice(dealer, topic, reason, wire, key, older_than, "open"))
    print_table(
        ("id", "key", "reason", ">goes on behind it"),
        [(str(letter.id)[:8], letter.key or "", letter.reason, letter.behind or "") for letter in letters],
    )
    if letters and not dry_run and _agreed(yes, why, f"Discard {len(letters)}?"):
        _act("discard", letters, why, None)


def waiting(
    dealer: Dealer = "",
    key: Key = "",
    hold: Annotated[str, typer.Option("--for", help="news, operator or version.")] = "",
    most: Most = 50,
    as_json: AsJson = False,
) -> None:
    """List the records that wait, and for what.

    Example: hub waiting --for news
    """
    import asyncio

    from hub.operations import dead_letters

    found = asyncio.run(dead_letters.parked(_url(), _principal(dealer), key, hold, most))
    if as_json:
        return print_json([parked._asdict() for parked in found])
    if not found:
        typer.echo("Nothing waits.")
        return None
    print_table(
        ("of", "key", "event", "waits for", "since", "until", "record"),
        [
            (
                p.principal,
                p.key or "",
                p.type,
                {"operator": "an operator: a dead letter of its key", "version": "a newer process"}.get(
                    p.hold, f"{p.kind} {p.awaited_ref}"
                ),
                f"{p.since:%Y-%m-%d %H:%M}",
                f"{p.until:%Y-%m-%d %H:%M}" if p.until else "",
                f"{p.topic}@{p.partition}:{p.offset}",
            )
            for p in found
        ],
    )
    return None


def _choice(dealer: str, topic: str, reason: str, wire: str, key: str, older_than: float, state: str) -> "Choice":
    from hub.errors import InputError
    from hub.state.letter_desk import Choice

    if state not in {"open", "redriven", "discarded"}:
        raise InputError("--state", "open, redriven or discarded", state)
    before = datetime.now(UTC) - timedelta(hours=older_than) if older_than else None
    return Choice(state, topic, _principal(dealer), reason, wire, key, "", before)


def _principal(dealer: str) -> str:
    return f"dealer:{dealer}" if dealer else ""


def _url() -> str:
    from hub.settings import Settings

    return Settings().database_url.get_secret_value()


def _find(choice: "Choice", most: int) -> "list[Letter]":
    import asyncio

    from hub.operations import dead_letters

    return asyncio.run(dead_letters.find(_url(), choice, most))


def _chosen(ids: list[str] | None, choice: "Choice") -> "list[Letter]":
    import asyncio

    from hub.errors import InputError
    from hub.operations import dead_letters

    if ids:
        named = {letter.id: letter for name in ids for letter in [asyncio.run(dead_letters.one(_url(), name))]}
        letters = sorted(named.values(), key=lambda letter: (letter.topic, letter.partition, letter.offset))
        closed = [letter for letter in letters if letter.state != "open"]
        if closed:
            raise InputError("ID", "an open dead letter", f"{closed[0].id} is {closed[0].state}")
        return letters
    if choice == choice._replace(topic="", principal="", reason="", type="", key="", before=None):
        raise InputError("ID", "ids, or at least one filter: all dead letters at once are never meant")
    return _find(choice, 100_000)


def _agreed(yes: bool, why: str, question: str) -> bool:
    from hub.errors import InputError

    if not why:
        raise InputError("--why", "a reason, as this changes data")
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InputError("--yes", "given where nobody can be asked")
    return typer.confirm(question)


def _act(what: str, letters: "list[Letter]", why: str, body: str | None) -> None:
    import asyncio

    from hub.operations import dead_letters
    from hub.settings import Settings
    from hub.wiring import kafka_options

    options = kafka_options(Settings())
    said = dead_letters.redrive(options, letters, why, body) if what == "redrive" else dead_letters.discard(options, letters, why)
    typer.echo(f"{asyncio.run(said)} said on hub.acts; the feed of each sender hears what becomes of its record.")


def _told(letter: "Letter") -> dict[str, object]:
    hidden = {"headers", "value", "timestamp", "event"}
    shown = {name: value for name, value in letter._asdict().items() if name not in hidden}
    return {**shown, "is_journalled": letter.is_journalled}
