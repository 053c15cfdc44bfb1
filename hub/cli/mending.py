"""The word `hub dead-letters edit`: mend one record, look at the difference, and have it folded."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import ask, check_reason, operator
from hub.cli.carrying import Patience, Plan, carry_out, with_patience
from hub.cli.doing import Manner
from hub.cli.editor import edited
from hub.cli.printing import print_table, printable
from hub.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.contract import Finding
    from hub.operations.body_changes import Difference
    from hub.operations.mending import Patient
    from hub.stream.mending import Mend


@with_patience
def edit(
    name: Annotated[str, typer.Argument(metavar="ID", help="The beginning of its id.")],
    body: Annotated[Path | None, typer.Option("--body", metavar="FILE", help="Take this file's body instead of opening an editor.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=JSON", help='Change one field, such as name="Ada" or amount.minor=500.')
    ] = None,
    wire: Annotated[str, typer.Option("--type", help="What it was meant to be, where its sender named another event type.")] = "",
    key: Annotated[str, typer.Option("--key", help="Its subject's reference, where its sender gave another record key, or none.")] = "",
    *,
    manner: Manner,
    patience: Patience,
) -> None:
    """Mend a record and fold it: in the editor ($EDITOR), or by --body, --set, --type and --key.

    What is mended keeps its contract, or is shown with all that is wrong. The difference is shown, and kept with the act.
    The id, the source and who speaks are the sender's own and stay; what lacks them can only be discarded.
    The editor shows personal data: for that --why is needed in a dry run too.

    Examples: hub dead-letters edit 5e441e34 --why "the year, by phone" · hub dead-letters edit 5e441e34 --set 'name="Ada"' --why "a typo"
    """
    from hub.operations import body_changes, dead_letters, foretelling, mending
    from hub.settings import Settings

    if not manner.dry_run:
        check_reason(manner.why)
    most = Settings().max_record_bytes
    letter = ask(dead_letters.one, name)
    if letter.state != "open":
        raise InputError("ID", "an open dead letter", f"{letter.id} is {letter.state}")
    patient = mending.patient(ask(dead_letters.original, letter))
    if body is None and not assignments and not wire and not key:
        operator(manner.why).unmasks("dead_letter.edited", str(letter.id))
        mend = _by_hand(patient, most)
    else:
        mend = _by_options(patient, body, assignments or [], wire, key)
        found = mending.check(patient, mend, most)
        if found:
            _print_faults(found)
            raise typer.Exit(2)
    changes = mending.difference(patient, mend)
    if not (changes or mend.type or mend.key):
        as_it_was: dict[str, object] = {"changes": [], "foretold": None, "would_go_on": 0}
        unchanged = Plan(as_it_was, lambda: typer.echo("Nothing is changed."), "", None)
        return carry_out(unchanged, manner, patience)
    fields = mending.fields(patient, mend, most)
    (foretold,) = ask(foretelling.redriven, [letter], most, mend)
    shown = body_changes.masked(changes, mend.type or patient.envelope.type)

    def show() -> None:
        _print_difference(shown, patient, mend)
        typer.echo(f"What would become of it: {foretold.words}" + (f"; {foretold.behind} behind it would go on" * bool(foretold.behind)))

    plan = Plan(
        told={"changes": [change._asdict() for change in shown], "foretold": foretold.words, "would_go_on": foretold.behind},
        show=show,
        question="Redrive it so?",
        ask=None if foretold.is_dead else lambda: dead_letters.redrive(operator(manner.why), [letter], **fields),
    )
    carry_out(plan, manner, patience)
    if foretold.is_dead:
        typer.echo("Nothing is done: it would be a dead letter as before.", err=True)
        raise typer.Exit(1)
    return None


def _by_options(patient: "Patient", body: Path | None, assignments: list[str], wire: str, key: str) -> "Mend":
    from hub.operations import mending
    from hub.stream.mending import Mend

    text = None
    if body is not None:
        try:
            text = body.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            expected = f"a file in UTF-8 that can be read ({getattr(error, 'strerror', None) or 'it is not UTF-8'})"
            raise InputError("--body", expected, str(body)) from None
    if assignments:
        text = mending.put(patient.text if text is None else text, assignments)
    return Mend(text, wire or None, key or None)


def _by_hand(patient: "Patient", most: int) -> "Mend":
    """Edit until it keeps its contract, or the person gives up: then nothing is changed."""
    from hub.operations import mending
    from hub.stream.mending import AS_IT_CAME, Mend

    text = patient.text
    while (left := edited(text, "body.json")) is not None and left != patient.text:
        found = mending.check(patient, Mend(left), most)
        if not found:
            return Mend(left)
        _print_faults(found)
        if not (sys.stdin.isatty() and typer.confirm("Edit it again?", default=True, err=True)):
            break
        text = left
    return AS_IT_CAME


def _print_faults(found: "Sequence[Finding]") -> None:
    typer.echo(f"hub: {len(found)} to be mended still:", err=True)
    for path, expected in found:
        typer.echo(f"  {printable(path or '(body)')}: expected {printable(expected)}", err=True)


def _print_difference(shown: "Sequence[Difference]", patient: "Patient", mend: "Mend") -> None:
    from hub.rules.masking import mask_reference

    rows = [("(type)", mask_reference(patient.envelope.type), mend.type)] if mend.type else []
    rows += [("(key)", mask_reference(patient.letter.key) or "(none)", mend.key)] if mend.key else []
    print_changes(shown, rows)


def print_changes(shown: "Sequence[Difference]", before: "Sequence[tuple[str, str, str | None]]" = ()) -> None:
    """Field by field what was made of what."""
    rows = [(path or "(body)", "(nothing)" if old is None else old, "(nothing)" if new is None else new) for path, old, new in shown]
    print_table(("field", "before", "after"), [*before, *rows])
