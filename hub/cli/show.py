"""The words `hub show …`: one customer, contact, opportunity, lead or complaint with its whole story."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import Unmask, Why, ask, operator
from hub.cli.printing import AsJson, print_json, print_several, print_story, print_table, printable

if TYPE_CHECKING:
    from hub.operations.show import Shown

app = typer.Typer(no_args_is_help=True, help="One subject: its state, its timeline from the journal, and who stands beside it.")

Ref = Annotated[str, typer.Argument(metavar="ID", help="The reference by which its dealer knows it, or DEALER/REF.")]
Dealer = Annotated[str, typer.Option("--dealer", help="Whose reference it is (oem: the OEM's own); needed where several use the same.")]


@app.command()
def customer(ref: Ref, dealer: Dealer = "", unmask: Unmask = False, why: Why = "", as_json: AsJson = False) -> None:
    """Show a customer with its contacts, leads, complaints and opportunities.

    Example: hub show customer C-1042 --dealer ber-01
    """
    _show("customer", ref, dealer, unmask, why, as_json)


@app.command()
def contact(ref: Ref, dealer: Dealer = "", unmask: Unmask = False, why: Why = "", as_json: AsJson = False) -> None:
    """Show a contact with its reporting line upwards.

    Example: hub show contact P-77
    """
    _show("contact", ref, dealer, unmask, why, as_json)


@app.command()
def opportunity(ref: Ref, dealer: Dealer = "", unmask: Unmask = False, why: Why = "", as_json: AsJson = False) -> None:
    """Show an opportunity with its stages.

    Example: hub show opportunity O-2301 --json
    """
    _show("opportunity", ref, dealer, unmask, why, as_json)


@app.command()
def lead(ref: Ref, dealer: Dealer = "", unmask: Unmask = False, why: Why = "", as_json: AsJson = False) -> None:
    """Show a lead.

    Example: hub show lead L-9 --unmask --why "the customer asked what we know"
    """
    _show("lead", ref, dealer, unmask, why, as_json)


@app.command()
def complaint(ref: Ref, dealer: Dealer = "", unmask: Unmask = False, why: Why = "", as_json: AsJson = False) -> None:
    """Show a complaint.

    Example: hub show complaint B-311 --dealer ber-01
    """
    _show("complaint", ref, dealer, unmask, why, as_json)


def _show(kind: str, ref: str, dealer: str, unmask: bool, why: str, as_json: bool) -> None:
    from hub.operations.show import Several, show

    unmasks = operator(why).unmasks if unmask else None
    found = ask(show, kind, ref, dealer=dealer or None, unmask=unmasks)
    if isinstance(found, Several):
        print_several(found, as_json=as_json)
        raise typer.Exit(1)
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)


def _as_json(found: "Shown") -> dict[str, Any]:
    return {
        **found._asdict(),
        "timeline": [happening._asdict() for happening in found.timeline],
        "line": [superior._asdict() for superior in found.line],
    }


def _print(found: "Shown") -> None:
    from hub.operations.state_view import readable

    typer.secho(printable(f"{found.kind} {found.ref} of {found.principal}"), bold=True)
    if found.state is None:
        typer.echo("  no state yet: nothing that counts was said of it")
    for field, value in readable(found.state or {}):
        typer.echo(printable(f"  {field}: {value}"))
    for superior in found.line:
        typer.echo(printable(f"  reports to {superior.contact} {superior.name or ''}{f' ({superior.note})' if superior.note else ''}"))
    for store, rows in found.beside.items():
        typer.echo()
        if rows:
            print_table(tuple(name for name, _ in _cells(rows[0])), [tuple(cell for _, cell in _cells(row)) for row in rows])
        else:
            typer.echo(f"no {store}")
    print_story(found.timeline)


def _cells(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Every field of a row, empty ones too, so that the columns of a table agree."""
    from hub.operations.state_view import readable

    names = [name.removesuffix("_minor") for name in row if not name.endswith("_currency")]
    held = dict(readable(row))
    return [(name, held.get(name, "")) for name in names]
