"""The words `hub mail …` and `hub sms …`: what the local mail server and SMS provider caught, and how they shall misbehave."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.printing import AsJson, print_json, print_more, print_table, printable
from hub.cli.stack import Data

if TYPE_CHECKING:
    from pathlib import Path

mail = typer.Typer(
    no_args_is_help=True, help="Mail that left the hub on this machine: its own mail server keeps it, and nobody else gets it."
)
sms = typer.Typer(
    no_args_is_help=True, help="Texts that left the hub on this machine: its own provider keeps them, and nobody else gets them."
)

Most = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, the newest.")]
Moods = Annotated[list[str], typer.Argument(metavar="MOOD...", help="One for each of the next messages; an unknown one lists them all.")]


@mail.command("list")
def mails(
    to: Annotated[str, typer.Option("--to", help="Only to this address.")] = "", most: Most = 50, as_json: AsJson = False, data: Data = None
) -> None:
    """List the mail that was caught, the newest last.

    Example: hub mail list --to anna@example.test
    """
    found = [one for one in _ask(data, "/mail") if not to or one["to"] == to][-most:]
    if as_json:
        print_json(found)
    elif not found:
        typer.echo("No mail was caught yet.")
    else:
        print_table(
            (">number", "at", "to", "subject", ">bytes"),
            [(m["number"], _moment(m["at"]), m["to"], m["subject"], m["bytes"]) for m in found],
        )
        print_more(len(found), most)


@mail.command("show")
def show_mail(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Its number, as `hub mail list` shows it.")],
    raw: Annotated[bool, typer.Option("--raw", help="All of it, as it came over the line.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show one mail: its headers, its text, its attachments.

    Example: hub mail show 1 --raw
    """
    found = _ask(data, f"/mail/{number}", names="NUMBER")
    if as_json:
        return print_json(found)
    if raw:
        typer.echo("\n".join(printable(line) for line in found["raw"].splitlines()))
        return None
    for name, value in found["headers"]:
        typer.echo(f"{printable(name)}: {printable(value)}")
    typer.echo("\n" + "\n".join(printable(line) for line in (found["text"] or "(no text)").splitlines()))
    for name in found["attachments"]:
        typer.echo(f"attached: {printable(str(name))}")
    return None


@mail.command("misbehave")
def misbehave_mail(moods: Moods, data: Data = None) -> None:
    """Let the mail server treat the next messages badly: refuse, fall silent, break off, send back.

    Example: hub mail misbehave 450 drop-after-dot bounce
    """
    waiting = _ask(data, "/mail/moods", moods, names="MOOD")
    typer.echo(f"The next {len(waiting)} messages: {', '.join(waiting)}.")


@sms.command("list")
def texts(
    to: Annotated[str, typer.Option("--to", help="Only to this number.")] = "", most: Most = 50, as_json: AsJson = False, data: Data = None
) -> None:
    """List the texts that were caught, the newest last.

    Example: hub sms list --to +491701234567
    """
    found = [one for one in _ask(data, "/sms") if not to or one["to"] == to][-most:]
    if as_json:
        print_json(found)
    elif not found:
        typer.echo("No text was caught yet.")
    else:
        print_table(("at", "to", "status", "text"), [(_moment(s["at"]), s["to"], s["status"], s["text"]) for s in found])
        print_more(len(found), most)


@sms.command("misbehave")
def misbehave_sms(moods: Moods, data: Data = None) -> None:
    """Let the provider treat the next texts badly: refuse, fall silent after taking one, report out of turn.

    Example: hub sms misbehave 429-wait silent-after-accept
    """
    waiting = _ask(data, "/sms/moods", moods, names="MOOD")
    typer.echo(f"The next {len(waiting)} texts: {', '.join(waiting)}.")


@sms.command("answer")
def answer(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Who answers.")],
    word: Annotated[str, typer.Argument(metavar="WORD", help="STOP, START, or anything else.")],
    data: Data = None,
) -> None:
    """Answer as the owner of a number would.

    Example: hub sms answer +491701234567 STOP
    """
    status = _ask(data, "/sms/answers", {"number": number, "word": word}, names="NUMBER")["status"]
    typer.echo(f"The door answered {status}." if status else "Nobody heard it: the door did not answer.")


def _moment(told: str) -> str:
    from datetime import datetime

    from hub.operations.state_view import text

    return text(datetime.fromisoformat(told))


def _ask(data: "Path | None", path: str, said: object = None, *, names: str = "") -> Any:  # noqa: ANN401 - JSON
    from hub.cli.stack import data_folder
    from hub.local.outside_client import ask

    return ask(data_folder(data), path, said, names=names)
