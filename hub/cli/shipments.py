"""The words `hub shipments …`: where shipments are, when they arrive, and what happened to one."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import ask
from hub.cli.printing import AsJson, print_json, print_more, print_story, print_table, printable

if TYPE_CHECKING:
    from hub.operations.shipments import ShownShipment
    from hub.state.shipment_desk import Listed

app = typer.Typer(no_args_is_help=True, help="Shipments: planned by the ERP's despatch advices, told of by their carriers.")

Carrier = Annotated[str, typer.Option("--carrier", metavar="ID", help="Only this carrier's.")]


@app.command("list")
def listed(
    carrier: Carrier = "",
    status: Annotated[str, typer.Option("--status", help="Only in this status, such as in_transit or exception.")] = "",
    late: Annotated[bool, typer.Option("--late", help="Only what arrives, or arrived, later than planned.")] = False,
    silent: Annotated[str, typer.Option("--silent", metavar="AGE", help="Only what is under way and was not heard of: 36h, 2d.")] = "",
    order: Annotated[str, typer.Option("--order", metavar="ID", help="Only what has this order on board.")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 200,
    as_json: AsJson = False,
) -> None:
    """List shipments by when they arrive.

    Example: hub shipments list --carrier rhein-trans --silent 36h
    """
    from hub.cli.filters import ago
    from hub.operations import shipments
    from hub.rules.decision import carrier_of

    found = ask(
        shipments.listed,
        carrier=carrier or None,
        status=status or None,
        is_late=late,
        silent_since=ago("--silent", silent),
        order=order or None,
        most=limit,
    )
    if as_json:
        print_json([{"carrier": carrier_of(one.principal), **one._asdict()} for one in found])
    elif not found:
        is_narrowed = carrier or status or late or silent or order
        typer.echo("No shipments match." if is_narrowed else "No shipments yet: a despatch advice plans one, a carrier tells of it.")
    else:
        heads = ("carrier", "consignment", "status", "where", "planned", "expected", "delivered", ">late by", "last heard", ">orders")
        print_table(heads, [_row(one) for one in found])
        print_more(len(found), limit)


@app.command()
def show(
    consignment: Annotated[str, typer.Argument(metavar="CONSIGNMENT", help="The carrier's own reference.")],
    carrier: Annotated[str, typer.Option("--carrier", metavar="ID", help="Whose it is; needed where several use the same.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show a shipment: where it is, how its estimated arrival moved, what is on board, and its story.

    Example: hub shipments show RT-88120 --carrier rhein-trans
    """
    from hub.operations import shipments

    found = ask(shipments.shown, consignment, carrier=carrier or None)
    if as_json:
        position = found.position._asdict() if found.position else None
        print_json({**found._asdict(), "position": position, "timeline": [one._asdict() for one in found.timeline]})
    else:
        _print(found)


def _print(found: "ShownShipment") -> None:
    from hub.operations.state_view import readable

    typer.secho(printable(f"shipment {found.consignment} of {found.carrier}"), bold=True)
    if not found.state:
        typer.echo("  no state yet: nothing that counts was said of it")
    for field, value in readable(found.state):
        typer.echo(printable(f"  {field}: {value}"))
    if found.orders:
        typer.echo(printable(f"  on board: {', '.join(found.orders)}"))
    if found.position:
        seen = found.position
        typer.echo(f"  seen at {seen.latitude_micro / 1e6:.5f}, {seen.longitude_micro / 1e6:.5f} on {seen.seen_at:%Y-%m-%d %H:%MZ}")
    for estimate in found.estimates:
        typer.echo(printable(f"  told on {estimate['told_at']}: arrives {estimate['arrival']}"))
    print_story(found.timeline)


def _row(one: "Listed") -> tuple[object, ...]:
    from hub.operations.state_view import text
    from hub.rules.decision import carrier_of

    where = ", ".join(part for part in (one.place, one.country) if part)
    status = f"{one.status} ({one.incident})" if one.incident else one.status
    moments = [text(at) if at else "" for at in (one.planned_arrival, one.estimated_arrival, one.delivered_at)]
    delay = "" if one.delay_minutes is None or one.delay_minutes <= 0 else f"{one.delay_minutes // 60}:{one.delay_minutes % 60:02} h"
    heard = text(one.heard_at) if one.heard_at else ""
    return carrier_of(one.principal), one.consignment, status, where, *moments, delay, heard, len(one.orders)
