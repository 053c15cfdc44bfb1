"""The words `hub orders …` and `hub receivables`: what became of what was won, and what customers owe."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import ask
from hub.cli.execution import print_execution
from hub.cli.printing import AsJson, print_json, print_more, print_story, print_table, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.operations.orders import Receivables
    from hub.state.order_desk import Listed

app = typer.Typer(no_args_is_help=True, help="Orders: asked of the ERP because of a win, or told by it.")

_DAY = ["%Y-%m-%d"]

Dealer = Annotated[str, typer.Option("--dealer", help="Only this dealer's.")]
Customer = Annotated[str, typer.Option("--customer", help="Only this customer's, by the dealer's reference.")]


@app.command("list")
def listed(
    state: Annotated[list[str] | None, typer.Option("--state", help="Only orders in this state; may be given several times.")] = None,
    dealer: Dealer = "",
    customer: Customer = "",
    late: Annotated[bool, typer.Option("--late", help="Only orders of which the answer or a delivery is overdue.")] = False,
    missing: Annotated[
        str,
        typer.Option(
            "--missing", metavar="PAPER", help="Only orders that lack a paper of the ERP: answer, despatch_advice, invoice, or any of them."
        ),
    ] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 200,
    as_json: AsJson = False,
) -> None:
    """List orders by what is due first, or with --missing by what has been missing for longest.

    Example: hub orders list --dealer ber-01 --missing any
    """
    from hub.operations import orders
    from hub.rules.decision import Subject
    from hub.rules.orders.subjects import order_id

    whose = {"dealer": dealer or None, "customer": customer or None}
    found = ask(orders.listed, states=state or (), **whose, is_late=late, missing=missing or None, most=limit)
    if as_json:
        print_json([{"order": order_id(Subject(one.principal, one.ref)), **one._asdict()} for one in found])
    elif not found:
        is_narrowed = state or dealer or customer or late or missing
        typer.echo("No orders match." if is_narrowed else "No orders yet: a win asks for one, and the ERP may tell of its own.")
    else:
        _print_listed(found)
        print_more(len(found), limit)


def _print_listed(found: "Sequence[Listed]") -> None:
    from hub.operations.orders import missing_for
    from hub.operations.state_view import text
    from hub.rules.decision import Subject
    from hub.rules.orders.subjects import order_id

    counted = (">ordered", ">despatched", ">received", ">invoiced", ">paid")
    print_table(
        ("order", "state", "number", ">progress", *counted, "promised", "due", "", "missing for"),
        [
            (
                order_id(Subject(one.principal, one.ref)),
                one.status,
                one.number or "",
                f"{one.progress} %",
                *(f"{count:,}" for count in (one.ordered, one.despatched, one.received, one.invoiced, one.paid)),
                one.promised or "",
                text(one.due_at) if one.due_at else "",
                "late" if one.is_late else "",
                ", ".join(missing_for(one.missing)),
            )
            for one in found
        ],
    )


@app.command()
def show(
    order: Annotated[str, typer.Argument(metavar="ID", help="DEALER/OPPORTUNITY#WIN, or the ERP's own number.")], as_json: AsJson = False
) -> None:
    """Show an order: lines, call-offs, deliveries, invoices, receipts, and its story.

    Example: hub orders show 'ber-01/O-2301#1'
    """
    from hub.operations import orders

    found = ask(orders.shown, order)
    if as_json:
        print_json({**found._asdict(), "execution": found.execution._asdict(), "timeline": [one._asdict() for one in found.timeline]})
        return
    typer.secho(printable(f"order {found.order}"), bold=True)
    print_execution(found.execution)
    print_story(found.timeline)


@app.command()
def windows(
    dealer: Dealer = "",
    since: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="Windows that end on this day or later (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=_DAY, help="Windows that end on this day or earlier (UTC).")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how call-offs kept to their windows, by dealer, plant and week: met, early, late, overdue, still ahead.

    Example: hub orders windows --dealer ber-01 --from 2026-01-01
    """
    from hub.operations import orders

    found = ask(
        orders.windows,
        dealer=dealer or None,
        since=since.date() if since else None,
        until=until.date() if until else None,
    )
    if as_json:
        print_json([{**one._asdict(), "percent": one.percent} for one in found])
    elif not found:
        typer.echo("No call-offs match." if dealer or since or until else "No call-offs yet: the ERP has scheduled nothing.")
    else:
        heads = ("week", "dealer", "plant", ">met", ">early", ">late", ">overdue", ">ahead", ">met of those due")
        print_table(heads, [(one.week, one.dealer or "", one.plant or "", *one[3:], _share(one.percent)) for one in found])


def _share(percent: float | None) -> str:
    return "" if percent is None else f"{percent} %"


def receivables(
    dealer: Dealer = "",
    customer: Customer = "",
    day: Annotated[datetime | None, typer.Option("--on", formats=_DAY, help="As of this day; today in UTC, unless said otherwise.")] = None,
    items: Annotated[bool, typer.Option("--items", help="Also list the open items.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what customers owe: open, not due, overdue by age, arrears, and what is in their favour.

    Example: hub receivables --dealer ber-01 --items
    """
    from hub.operations import orders

    found = ask(
        orders.receivables,
        dealer=dealer or None,
        customer=customer or None,
        day=day.date() if day else None,
        with_items=items,
    )
    if as_json:
        print_json({**found._asdict(), "customers": [one._asdict() for one in found.customers]})
    elif not found.customers:
        typer.echo("Nothing is open." if not (dealer or customer) else "Nothing is open that matches.")
    else:
        _print(found)


def _print(found: "Receivables") -> None:
    from hub.rules.money import written

    ages = ("not_due", "to_30", "to_60", "to_90", "over_90", "arrears", "open", "in_credit")
    heads = ("dealer", "customer", ">items", ">not due", ">1-30 days", ">31-60", ">61-90", ">over 90", ">arrears", ">open", ">in credit")
    typer.echo(f"As of {found.day}:")
    print_table(
        (*heads, "oldest"),
        [
            (
                one.dealer,
                one.customer or "(the dealer)",
                one.items,
                *(written(getattr(one, age), one.currency) for age in ages),
                one.oldest or "",
            )
            for one in found.customers
        ],
    )
    if found.items:
        typer.echo()
        columns = ("amount", "credited", "paid", "open")
        print_table(
            ("item", "dealer", "customer", "due", *(f">{name}" for name in columns), ">days overdue"),
            [_item_row(item, columns) for item in found.items],
        )


def _item_row(item: dict[str, Any], columns: tuple[str, ...]) -> tuple[object, ...]:
    from hub.rules.money import written

    amounts = (written(item[f"{name}_minor"], item["currency"]) for name in columns)
    head = (f"{item['kind']} {item['document']}", item["dealer"], item["customer"] or "", item["due"] or "")
    return (*head, *amounts, item["days_overdue"] or "")
