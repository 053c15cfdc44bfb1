"""The words `hub freight …`: what carriages should cost, what was billed and disputed, where it is booked, what was saved."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, TypeVar

import typer

from hub.cli.charge import print_charge
from hub.cli.printing import AsJson, print_json, print_table, printable

if TYPE_CHECKING:
    from hub.operations.freight import Ledger

app = typer.Typer(no_args_is_help=True, help="Freight charges: expected by tariff, billed, audited, disputed, booked and shared out.")

P = ParamSpec("P")
T = TypeVar("T")

_DAY = ["%Y-%m-%d"]
Carrier = Annotated[str, typer.Option("--carrier", metavar="ID", help="Only this carrier's.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many.")]


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
    from hub.rules.money import written

    found = _ask(freight.charges, carrier=carrier or None, status=status or None, lane=lane or None, most=limit)
    if as_json:
        print_json([{"carrier": _bare(one.principal), **one._asdict()} for one in found])
    elif not found:
        is_narrowed = carrier or status or lane
        typer.echo("No charges match." if is_narrowed else "No charges yet: a despatch advice, a quote or a bill makes one.")
    else:
        amounts = ("expected", "billed", "disputed", "credited", "cost")
        print_table(
            ("carrier", "consignment", "status", "lane", "despatched", *(f">{name}" for name in amounts)),
            [
                (
                    *(_bare(one.principal), one.consignment, one.status, one.lane or ""),
                    text(one.despatched_at) if one.despatched_at else "",
                    *(written(getattr(one, f"{name}_minor"), one.currency) for name in amounts),
                )
                for one in found
            ],
        )
        _tell_of_more(len(found), limit)


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

    found = _ask(freight.shown, consignment, carrier=carrier or None)
    if as_json:
        print_json({**found._asdict(), "timeline": [one._asdict() for one in found.timeline]})
    else:
        print_charge(found)


@app.command()
def disputes(
    carrier: Carrier = "",
    state: Annotated[str, typer.Option("--state", help="Only in this state: open, granted, refused or credited.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that the carrier should have answered by now.")] = False,
    limit: Limit = 200,
    as_json: AsJson = False,
) -> None:
    """List disputes by when the carrier is to answer.

    Example: hub freight disputes --overdue
    """
    from hub.operations import freight
    from hub.rules.money import written

    found = _ask(freight.disputes, carrier=carrier or None, state=state or None, is_overdue=overdue, most=limit)
    if as_json:
        print_json([{"carrier": _bare(one.principal), **one._asdict()} for one in found])
    elif not found:
        typer.echo(
            "No disputes match." if carrier or state or overdue else "No disputes: what was billed is as expected, or nothing was billed."
        )
    else:
        print_table(
            ("carrier", "consignment", "invoice", "state", "reasons", ">disputed", ">credited", "raised", "answer by"),
            [
                (
                    *(_bare(one.principal), one.consignment, one.invoice, one.state, ", ".join(one.reasons)),
                    *(written(minor, one.currency) for minor in (one.disputed_minor, one.credited_minor)),
                    *(one.raised_at.date(), one.answer_by),
                )
                for one in found
            ],
        )
        _tell_of_more(len(found), limit)


@app.command()
def ledger(
    carrier: Carrier = "",
    consignment: Annotated[str, typer.Option("--consignment", help="Only this consignment's entries.")] = "",
    account: Annotated[str, typer.Option("--account", help="Only entries on cost, accrued, payable, disputed or unclear.")] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show what stands on the accounts and the latest entries; exit code 1 if entries and charges do not agree.

    Example: hub freight ledger --consignment RT-88120
    """
    from hub.operations import freight

    found = _ask(freight.ledger, carrier=carrier or None, consignment=consignment or None, account=account or None, most=limit)
    if as_json:
        print_json({name: [one._asdict() for one in listed] for name, listed in found._asdict().items()})
    else:
        _print_ledger(found)
    raise typer.Exit(1 if found.apart else 0)


@app.command()
def costs(
    carrier: Carrier = "",
    since: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="Despatched on this day or later (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=_DAY, help="Despatched on this day or earlier (UTC).")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what carriage costs by carrier and lane, a shipment and 100 kg.

    Example: hub freight costs --from 2026-01-01 --until 2026-03-31
    """
    from hub.operations import freight
    from hub.rules.money import written
    from hub.rules.rounding import rounded

    days = {"since": since.date() if since else None, "until": until.date() if until else None}
    found = _ask(freight.costs, carrier=carrier or None, **days)
    if as_json:
        print_json([{"carrier": _bare(one.principal), **one._asdict()} for one in found])
    elif not found:
        typer.echo("No costs match." if carrier or since or until else "No costs yet: what is despatched is accrued by its tariff.")
    else:
        print_table(
            ("carrier", "lane", ">shipments", ">cost", ">a shipment", ">100 kg"),
            [
                (
                    *(_bare(one.principal), one.lane or "(no price)", f"{one.shipments:,}", written(one.minor, one.currency)),
                    written(rounded(one.minor, one.shipments), one.currency),
                    written(rounded(one.minor * 100_000, one.weight_g), one.currency) if one.weight_g else "",
                )
                for one in found
            ],
        )


@app.command()
def errors(carrier: Carrier = "", as_json: AsJson = False) -> None:
    """Show the errors found on bills by carrier and reason, and the money that came back.

    Example: hub freight errors --carrier rhein-trans
    """
    from hub.operations import freight
    from hub.rules.money import written

    found = _ask(freight.errors, carrier=carrier or None)
    if as_json:
        print_json([{"carrier": _bare(one.principal), **one._asdict()} for one in found])
    elif not found:
        typer.echo("No errors found on any bill.")
    else:
        print_table(
            ("carrier", "reason", ">lines", ">disputed", ">saved"),
            [
                (
                    *(_bare(one.principal), one.reason, f"{one.lines:,}"),
                    *(written(minor, one.currency) for minor in (one.disputed_minor, one.saved_minor)),
                )
                for one in found
            ],
        )


def _print_ledger(found: "Ledger") -> None:
    from hub.operations.state_view import text
    from hub.rules.money import written

    if not found.balances:
        typer.echo("Nothing is booked yet.")
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
                    *(one.id, text(one.occurred_at), _bare(one.principal), one.consignment, one.account),
                    *(written(one.minor, one.currency), str(one.posting)[:8]),
                )
                for one in found.entries
            ],
        )
    for subject in found.apart:
        typer.echo(
            printable(f"Not in agreement: {subject.ref} of {_bare(subject.principal)}; its next news posts the difference."), err=True
        )


def _ask(operation: "Callable[Concatenate[str, P], Coroutine[Any, Any, T]]", *what: "P.args", **how: "P.kwargs") -> "T":
    import asyncio

    from hub.settings import Settings

    return asyncio.run(operation(Settings().database_url.get_secret_value(), *what, **how))


def _bare(principal: str) -> str:
    return principal.removeprefix("carrier:")


def _tell_of_more(found: int, limit: int) -> None:
    if found == limit:
        typer.echo(f"The first {limit:,}; --limit shows more.")
