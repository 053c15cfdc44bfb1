"""The words `hub freight ledger`, `costs` and `errors`: what is booked, what carriage costs, what was found and saved."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import ask
from hub.cli.freight import Carrier, Limit, app, bare
from hub.cli.printing import AsJson, print_json, print_more, print_table, printable

if TYPE_CHECKING:
    from hub.operations.freight import Ledger
    from hub.state.freight_desk import BorneCost, LaneCost

_DAY = ["%Y-%m-%d"]


@app.command()
def ledger(
    carrier: Carrier = "",
    consignment: Annotated[str, typer.Option("--consignment", help="Only of this consignment.")] = "",
    account: Annotated[str, typer.Option("--account", help="Only cost, accrued, payable, disputed or unclear.")] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show what stands on the accounts and the latest entries; exit code 1 if entries and charges do not agree.

    Example: hub freight ledger --consignment RT-88120
    """
    from hub.operations import freight

    found = ask(freight.ledger, carrier=carrier or None, consignment=consignment or None, account=account or None, most=limit)
    if as_json:
        print_json({name: [one._asdict() for one in listed] for name, listed in found._asdict().items()})
    else:
        _print_ledger(found, is_narrowed=bool(carrier or consignment or account))
        print_more(len(found.entries), limit)
    raise typer.Exit(1 if found.apart else 0)


@app.command()
def costs(
    by: Annotated[str, typer.Option("--by", help="lane, or who bears it: order or dealer.")] = "lane",
    carrier: Carrier = "",
    since: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="Despatched on this day or later (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=_DAY, help="Despatched on this day or earlier (UTC).")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what carriage costs by carrier and lane (a shipment, 100 kg), or by who bears it.

    Example: hub freight costs --by dealer --from 2026-01-01 --until 2026-03-31
    """
    from hub.operations import freight

    days = {"since": since.date() if since else None, "until": until.date() if until else None}
    lanes: list[LaneCost] = ask(freight.costs, carrier=carrier or None, **days) if by == "lane" else []
    borne: list[BorneCost] = [] if by == "lane" else ask(freight.shares, by, carrier=carrier or None, **days)
    if as_json:
        listed: list[LaneCost | BorneCost] = [*lanes, *borne]
        print_json([{"carrier": bare(one.principal), **one._asdict()} for one in listed])
    elif not lanes and not borne:
        typer.echo("No costs match." if carrier or since or until else "No costs yet: what is despatched is accrued by its tariff.")
    elif lanes:
        print_table(("carrier", "lane", ">shipments", ">cost", ">a shipment", ">100 kg"), map(_lane, lanes))
    else:
        print_table(("carrier", by, ">shipments", ">cost"), map(_borne, borne))


def _lane(one: "LaneCost") -> tuple[object, ...]:
    from hub.rules.money import written
    from hub.rules.rounding import rounded

    by_weight = written(rounded(one.minor * 100_000, one.weight_g), one.currency) if one.weight_g else ""
    each = written(rounded(one.minor, one.shipments), one.currency)
    return bare(one.principal), one.lane or "(no price)", f"{one.shipments:,}", written(one.minor, one.currency), each, by_weight


def _borne(one: "BorneCost") -> tuple[object, ...]:
    from hub.rules.money import written

    return bare(one.principal), one.bearer or "(nobody's order)", f"{one.shipments:,}", written(one.minor, one.currency)


@app.command()
def errors(carrier: Carrier = "", as_json: AsJson = False) -> None:
    """Show the errors found on bills by carrier and reason, and the money that came back.

    Example: hub freight errors --carrier rhein-trans
    """
    from hub.operations import freight
    from hub.rules.money import written

    found = ask(freight.errors, carrier=carrier or None)
    if as_json:
        print_json([{"carrier": bare(one.principal), **one._asdict()} for one in found])
    elif not found:
        typer.echo("No errors found on any bill.")
    else:
        print_table(
            ("carrier", "reason", ">lines", ">disputed", ">saved"),
            [
                (
                    *(bare(one.principal), one.reason, f"{one.lines:,}"),
                    *(written(minor, one.currency) for minor in (one.disputed_minor, one.saved_minor)),
                )
                for one in found
            ],
        )


def _print_ledger(found: "Ledger", *, is_narrowed: bool) -> None:
    from hub.operations.state_view import text
    from hub.rules.money import written

    if not found.balances:
        typer.echo("Nothing is booked that fits." if is_narrowed else "Nothing is booked yet.")
    else:
        print_table(
            ("account", ">stands", ">entries"),
            [(one.account, written(one.minor, one.currency), f"{one.entries:,}") for one in found.balances],
        )
    if found.entries:
        typer.echo()
        print_table(
            ("entry", "occurred", "carrier", "consignment", "account", ">amount", "posting"),
            [
                (
                    *(one.id, text(one.occurred_at), bare(one.principal), one.consignment, one.account),
                    *(written(one.minor, one.currency), str(one.posting)[:8]),
                )
                for one in found.entries
            ],
        )
    for subject in found.apart:
        typer.echo(
            printable(f"Not in agreement: {subject.ref} of {bare(subject.principal)}; its next news posts the difference."), err=True
        )
