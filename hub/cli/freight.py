"""The words `hub freight …`: what carriages should cost, what was billed and disputed, where it is booked, what was saved."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import ask, operator
from hub.cli.carrying import Patience, Plan, carry_out, with_patience
from hub.cli.charge import print_charge
from hub.cli.doing import Manner
from hub.cli.printing import AsJson, print_json, print_more, print_table, printable

if TYPE_CHECKING:
    from hub.state.freight_desk import Charged

app = typer.Typer(no_args_is_help=True, help="Freight charges: expected by tariff, billed, audited, disputed, booked and shared out.")

Carrier = Annotated[str, typer.Option("--carrier", metavar="ID", help="Only this carrier's.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")]


@app.command()
def charges(
    carrier: Carrier = "",
    status: Annotated[str, typer.Option("--status", help="Only in this status, such as disputed or partly_billed.")] = "",
    lane: Annotated[str, typer.Option("--lane", help="Only on this lane of a tariff.")] = "",
    limit: Limit = 200,
    as_json: AsJson = False,
) -> None:
    """List charges: expected, billed, disputed, credited, and what the carriage costs.

    Example: hub freight charges --carrier rhein-trans --status disputed
    """
    from hub.operations import freight
    from hub.operations.state_view import text

    found = ask(freight.charges, carrier=carrier or None, status=status or None, lane=lane or None, most=limit)
    if as_json:
        print_json([{"carrier": bare(one.principal), **one._asdict()} for one in found])
    elif not found:
        is_narrowed = carrier or status or lane
        typer.echo("No charges match." if is_narrowed else "No charges yet: a despatch advice, a quote or a bill makes one.")
    else:
        amounts = ("expected", "billed", "disputed", "credited", "cost")
        print_table(
            ("carrier", "consignment", "status", "lane", "despatched", *(f">{name}" for name in amounts)),
            [
                (
                    *(bare(one.principal), one.consignment, one.status, one.lane or ""),
                    text(one.despatched_at) if one.despatched_at else "",
                    *(_amount(one, name) for name in amounts),
                )
                for one in found
            ],
        )
        print_more(len(found), limit)


@app.command()
def show(
    consignment: Annotated[str, typer.Argument(metavar="CONSIGNMENT", help="The carrier's own reference.")],
    carrier: Annotated[str, typer.Option("--carrier", metavar="ID", help="Whose it is; needed where several use the same.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show a charge: how it was reckoned, what was billed, what is wrong with it, who bears it, and its story.

    Example: hub freight show RT-88120
    """
    from hub.operations import freight

    found = ask(freight.shown, consignment, carrier=carrier or None)
    if as_json:
        print_json({**found._asdict(), "timeline": [one._asdict() for one in found.timeline]})
    else:
        print_charge(found)


@app.command()
def disputes(
    carrier: Carrier = "",
    state: Annotated[str, typer.Option("--state", help="Only in this state: open, granted, refused, credited or conceded.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that the carrier should have answered by now.")] = False,
    limit: Limit = 200,
    as_json: AsJson = False,
) -> None:
    """List disputes by when the carrier is to answer.

    Example: hub freight disputes --overdue
    """
    from hub.operations import freight
    from hub.rules.money import written

    found = ask(freight.disputes, carrier=carrier or None, state=state or None, is_overdue=overdue, most=limit)
    if as_json:
        print_json([{"carrier": bare(one.principal), **one._asdict()} for one in found])
    elif not found:
        typer.echo(
            "No disputes match." if carrier or state or overdue else "No disputes: what was billed is as expected, or nothing was billed."
        )
    else:
        print_table(
            ("carrier", "consignment", "invoice", "state", "reasons", ">disputed", ">credited", "raised", "answer by"),
            [
                (
                    *(bare(one.principal), one.consignment, one.invoice, one.state, ", ".join(one.reasons)),
                    *(written(minor, one.currency) for minor in (one.disputed_minor, one.credited_minor)),
                    *(one.raised_at.date(), one.answer_by),
                )
                for one in found
            ],
        )
        print_more(len(found), limit)


@app.command()
@with_patience
def concede(
    consignment: Annotated[str, typer.Argument(metavar="CONSIGNMENT", help="The carrier's own reference.")],
    invoice: Annotated[str, typer.Argument(metavar="INVOICE", help="The invoice on which it is disputed.")],
    carrier: Annotated[str, typer.Option("--carrier", metavar="ID", help="Whose it is; needed where several use the same.")] = "",
    *,
    manner: Manner,
    patience: Patience,
) -> None:
    """Give a dispute up: what is left of it is paid after all.

    Example: hub freight concede RT-88120 RT-2026-0417 --why "the ramp's book shows the waiting"
    """
    from hub.operations import freight
    from hub.rules.money import written

    found = ask(freight.disputed, consignment, invoice, carrier=carrier or None)
    left = written(found.disputed_minor - found.credited_minor, found.currency)
    what = f"{left} of {found.consignment} on {found.invoice} ({', '.join(found.reasons)}) would be paid to {bare(found.principal)}."
    plan = Plan(
        told={"carrier": bare(found.principal), **found._asdict()},
        show=lambda: typer.echo(printable(what)),
        question="Concede it?",
        ask=lambda: freight.concede(operator(manner.why), found),
    )
    carry_out(plan, manner, patience)


def bare(principal: str) -> str:
    """A carrier's id."""
    from hub.rules.decision import carrier_of

    return carrier_of(principal)


def _amount(one: "Charged", name: str) -> str:
    """One sum of a charge; what is disputed in a currency that was not agreed on stands beside it."""
    from hub.rules.money import written

    agreed = written(getattr(one, f"{name}_minor"), one.currency)
    others = sorted(one.disputed_elsewhere.items()) if name == "disputed" else []
    return " + ".join([agreed, *(written(minor, currency) for currency, minor in others)])
