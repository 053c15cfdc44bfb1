"""The word `hub opportunity execution`: from what was won to the last receipt."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import ask
from hub.cli.printing import AsJson, counted, print_json, print_several, print_table, printable

if TYPE_CHECKING:
    from hub.rules.orders.execution import Execution
    from hub.rules.orders.state import Entry

app = typer.Typer(no_args_is_help=True, help="Opportunities: how what was won is carried out.")


@app.callback()
def _words() -> None:
    """Keep `execution` a word of its own, also while it is the only one."""


@app.command()
def execution(
    ref: Annotated[str, typer.Argument(metavar="ID", help="The reference by which its dealer knows it, or DEALER/REF.")],
    dealer: Annotated[str, typer.Option("--dealer", help="Whose reference it is; needed where several use the same.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show how an opportunity is carried out: statistics, orders, deliveries, invoices, receipts, progress.

    Progress counts six steps of every piece: confirmed, produced, despatched, received, invoiced, paid.

    Example: hub opportunity execution ber-01/O-2301
    """
    from hub.operations.orders import executed
    from hub.operations.show import Several

    found = ask(executed, ref, dealer=dealer or None)
    if isinstance(found, Several):
        print_several(found, as_json=as_json)
        raise typer.Exit(1)
    if as_json:
        print_json({**found._asdict(), "execution": found.execution._asdict()})
        return
    standing = f"{found.status} in {found.stage}, {counted(found.wins, 'win')}" if found.status else "not known yet"
    typer.secho(printable(f"opportunity {found.dealer}/{found.opportunity}: {standing}"), bold=True)
    if found.execution.orders:
        print_execution(found.execution)
    else:
        typer.echo("No orders: nothing was won that asks for one.")


def print_execution(found: "Execution") -> None:
    """Print statistics first, then each kind of line; what there is none of is left out but for orders' lines."""
    from hub.operations.orders import missing_for
    from hub.rules.money import written

    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in found.statuses.items())
    typer.echo(f"progress {found.progress} %; orders: {states}")
    typer.echo(", ".join(f"{name} {count:,}" for name, count in found.quantities.items()))
    for currency, sums in found.amounts.items():
        typer.echo(", ".join(f"{word} {written(minor, currency)}" for word, minor in sums.items() if minor is not None))
    if found.windows:
        typer.echo("windows: " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(found.windows.items())))
    for order in found.orders:
        if order["missing"]:
            typer.secho(printable(f"missing of {order['order']}: {', '.join(missing_for(order['missing']))}"), fg=typer.colors.YELLOW)
    for title, rows, columns in (
        ("orders", found.orders, ("order", "status", "number", "customer", "promised", "due_at", "step", "progress")),
        ("lines", found.lines, ("order", "line", "product", "ordered", "confirmed", "despatched", "received", "invoiced", "paid")),
        ("call-offs", found.calls, ("order", "call", "sequence", "quantity", "window_from", "window_until", "arrived_at", "verdict")),
        ("deliveries", found.deliveries, ("at", "what", "document", "order", "line", "quantity", "carrier", "consignment")),
        ("invoices", found.invoices, ("at", "what", "document", "order", "line", "quantity", "net", "tax", "margin", "due")),
        ("receipts", found.receipts, ("at", "document", "order", "invoice", "amount", "reversed_by")),
        ("differences", found.differences, ("order", "line", "difference", "pieces")),
    ):
        if rows:
            typer.echo(f"\n{title}:")
            print_table(columns, [tuple(_cell(row, column) for column in columns) for row in rows])


def _cell(row: "Entry", column: str) -> str:
    from datetime import datetime

    from hub.operations.state_view import text
    from hub.rules.money import written

    if column == "amount":
        return written(row["minor"], row["currency"])
    value = row[column]
    if value is None:
        return ""
    if column in {"net", "tax", "margin"}:
        return written(value, row["currency"])
    if column in {"at", "arrived_at", "window_from", "window_until"}:
        return text(datetime.fromisoformat(value) if isinstance(value, str) else value)
    return text(value)
