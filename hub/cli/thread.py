"""The word `hub thread`: one vehicle, order or opportunity from the first interest to the last visit."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import ask
from hub.cli.printing import AsJson, print_json, print_several, print_table, printable

if TYPE_CHECKING:
    from hub.operations.threads import Thread


def thread(
    ref: Annotated[
        str, typer.Argument(metavar="ID", help="A VIN, an order (DEALER/OPPORTUNITY#WIN, or the ERP's own number), or an opportunity.")
    ],
    dealer: Annotated[str, typer.Option("--dealer", help="Whose opportunity it is; needed where several use the same reference.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show one vehicle's thread from lead to last visit: order, despatch, shipment, freight charge, invoice, receipt, handover.

    Correlated from what dealers, the ERP and carriers said; an order or an opportunity shows all of its vehicles.

    Example: hub thread WVWZZZ1JZXW000001
    """
    from hub.operations.show import Several
    from hub.operations.threads import thread as followed

    found = ask(followed, ref, dealer=dealer or None)
    if isinstance(found, Several):
        print_several(found, as_json=as_json)
        raise typer.Exit(1)
    if as_json:
        print_json({**found._asdict(), "steps": [step._asdict() for step in found.steps]})
    else:
        print_thread(found)


def print_thread(found: "Thread") -> None:
    """Print whom it is about, what is missing, and each step in the order of time."""
    from hub.operations.state_view import text

    typer.secho(printable(found.about), bold=True)
    for title, refs in (("opportunity", found.opportunities), ("order", found.orders), ("vehicle", found.vehicles)):
        if refs and found.about not in {f"{title} {ref}" for ref in refs}:
            typer.echo(printable(f"{title}: {', '.join(refs)}"))
    if found.more_cars:
        typer.echo(f"and {found.more_cars:,} more vehicles: hub thread VIN follows one of them")
    for words in found.missing:
        typer.secho(printable(f"missing: {words}"), fg=typer.colors.YELLOW)
    if not found.steps:
        typer.echo("Nothing has happened yet that belongs to it.")
        return
    typer.echo()
    print_table(("when", "step", "which", "who", "what"), [(text(step.at), *step[1:]) for step in found.steps])
