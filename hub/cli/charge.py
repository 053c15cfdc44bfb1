"""Print one charge: how it was reckoned, what was billed, what is wrong, who bears it, what is booked, and its story."""

from typing import TYPE_CHECKING, Any

import typer

from hub.cli.printing import print_story, print_table, printable

if TYPE_CHECKING:
    from hub.operations.freight import ShownCharge


def print_charge(found: "ShownCharge") -> None:
    """All of it, for a person."""
    from hub.operations.state_view import readable
    from hub.rules.money import written

    typer.secho(printable(f"charge for {found.consignment} of {found.carrier}"), bold=True)
    if not found.state:
        typer.echo("  no state yet: nothing that counts was said of it")
        return
    for field, value in readable(found.state):
        typer.echo(printable(f"  {field}: {value}"))
    agreed = found.state["currency"]
    for charge, minor in found.expected.items():
        typer.echo(printable(f"  expected {charge}: {written(minor, agreed)}"))
    if found.bills:
        typer.echo()
        print_table(
            ("invoice", "line", "charge", ">billed", "what is wrong", ">disputed"),
            [_billed(item, wrong) for item, wrong in judged(found.bills, found.findings)],
        )
    if found.allocations:
        typer.echo()
        print_table(
            ("borne by order", "line", "vehicle", ">share"),
            [
                (share["order"] or "(nobody yet)", share["line"] or "", share["vin"] or "", written(share["minor"], share["currency"]))
                for share in found.allocations
            ],
        )
    if found.balances:
        typer.echo()
        print_table(("account", ">stands"), [(one["account"], written(one["minor"], one["currency"])) for one in found.balances])
    print_story(found.timeline)


def judged(bills: list[dict[str, Any]], findings: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Each billed line and what is wrong with it; of those that came under one number the last ones are the duplicates."""
    left, rows = list(findings), []
    for item in reversed(bills):
        named = (item["invoice"], item["line"], item["currency"], item["amount_minor"])
        place = next((n for n in reversed(range(len(left))) if named == _named(left[n])), None)
        rows.append((item, None if place is None else left.pop(place)))
    return rows[::-1]


def _named(finding: dict[str, Any]) -> tuple[object, ...]:
    return finding["invoice"], finding["line"], finding["currency"], finding["billed_minor"]


def _billed(item: dict[str, Any], wrong: dict[str, Any] | None) -> tuple[object, ...]:
    from hub.rules.money import written

    currency = item["currency"]
    judged = (wrong["reason"], written(wrong["disputed_minor"], currency)) if wrong else ("", "")
    return item["invoice"], item["line"], item["charge"], written(item["amount_minor"], currency), *judged
