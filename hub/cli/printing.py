"""Print tables for people and JSON for programs."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hub.operations.show import Several
    from hub.operations.timeline import Happening

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

_WIDE = 400  # characters: whole lines for grep; only a terminal has an edge to wrap at


def counted(count: int, one: str, several: str = "") -> str:
    """So many of something, `1 win` or `1,000 wins`; `several` where that is not made by an s."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def print_json(value: object) -> None:
    """Print one value, indented."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_several(found: "Several", *, as_json: bool) -> None:
    """Print whose a reference may be, for somebody to choose."""
    from hub.rules.decision import dealer_of

    if as_json:
        print_json(found._asdict())
        return
    whose = ", ".join(dealer_of(principal) for principal in found.principals)
    typer.echo(f"{found.kind} {printable(found.ref)} is known to several; choose one with --dealer: {whose}")


def print_table(heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """Print rows under their heads; a head that begins with `>` is a column of numbers."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for head in heads:
        table.add_column(head.removeprefix(">"), justify="right" if head[:1] == ">" else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(printable(str(cell))) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)


def print_more(found: int, limit: int) -> None:
    """Say that a list may go on where it was cut."""
    if found == limit:
        typer.echo(f"No more than {limit:,} are shown; --limit shows more.")


def print_story(timeline: "Iterable[Happening]") -> None:
    """Print what was said of a subject, in its order, and what each event changed."""
    from hub.operations.state_view import text

    typer.echo()
    print_table(
        ("occurred", "event", "what changed", "marks", "record"),
        [
            (text(one.occurred_at) if one.occurred_at else "?", one.type, ", ".join(one.changed), ", ".join(one.marks), one.record)
            for one in timeline
        ],
    )


def printable(text: str) -> str:
    """The text without what would steer a terminal: much of what is shown here was written by strangers."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)
