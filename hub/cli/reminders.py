"""The words `hub reminders …`: what is due, and why."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import ask
from hub.cli.printing import AsJson, print_json, print_more, print_table, printable

if TYPE_CHECKING:
    from hub.operations.reminders import PlanShown, Standing, VehicleShown

app = typer.Typer(no_args_is_help=True, help="Reminders: of services, of activities, of sales that grow old, of days that somebody named.")


@app.command("list")
def list_(
    dealer: Annotated[str, typer.Option("--dealer", help="Only this dealer's.")] = "",
    kind: Annotated[
        str, typer.Option("--kind", help="Only those of a kind: service, ageing, dunning and so on; another word lists them.")
    ] = "",
    within: Annotated[int, typer.Option("--within", min=0, max=3650, help="Due within so many days, besides what is overdue.")] = 30,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 200,
    as_json: AsJson = False,
) -> None:
    """List what is due or overdue, the earliest first.

    Example: hub reminders list --dealer ber-01 --overdue
    """
    from hub.operations import reminders
    from hub.operations.state_view import text

    found = ask(reminders.listed, kind=kind or None, dealer=dealer or None, within=within, is_overdue=overdue, most=limit)
    if as_json:
        print_json([one._asdict() for one in found])
    elif not found:
        typer.echo("Nothing is overdue." if overdue else f"Nothing is overdue or due within {within} days.")
    else:
        print_table(
            ("due", "", "reminder", "dealer", "about", "whose", "told", "next step", "answer"),
            [
                (
                    text(one.due),
                    "overdue" if one.is_overdue else "",
                    one.reminder,
                    one.dealer,
                    one.about,
                    one.whose or "",
                    ", ".join(one.told),
                    f"{one.next_step} {text(one.next_at)}" if one.next_step else "",
                    one.answer or "",
                )
                for one in found
            ],
        )
        print_more(len(found), limit)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A car's VIN, or the name of a reminder.")],
    as_json: AsJson = False,
) -> None:
    """Show a car's services, and why they are due when they are: which readings, which visit; or any other reminder by its name.

    A name is shown once for each dealer who uses it.

    Examples: hub reminders show WVWZZZ1JZXW000001 · hub reminders show dunning/R-2026-0041 · hub reminders show activity/A-7
    """
    from hub.operations import reminders

    if reminders.is_item(name):
        _print_items(ask(reminders.items, name), as_json=as_json)
        return
    if reminders.is_occasion(name):
        _print_occasion(ask(reminders.occasion, name), as_json=as_json)
        return
    found = ask(reminders.shown, name)
    if as_json:
        plans = [plan._asdict() for plan in found.plans]
        print_json({**found._asdict(), "readings": [one._asdict() for one in found.readings], "plans": plans})
    else:
        _print(found)


def _print_items(found: "list[Standing]", *, as_json: bool) -> None:
    from hub.operations.state_view import readable

    if as_json:
        print_json([one._asdict() for one in found])
        return
    for one in found:
        typer.secho(printable(one.reminder), bold=True)
        print_table(("field", "value"), [(name, value) for name, value in readable(one._asdict()) if name != "reminder"])


def _print_occasion(found: "dict[str, object]", *, as_json: bool) -> None:
    from hub.operations.state_view import readable

    if as_json:
        print_json(found)
        return
    typer.secho(printable(str(found["reminder"])), bold=True)
    print_table(("field", "value"), [(name, value) for name, value in readable(found) if name not in {"reminder", "currency"}])


def _print(found: "VehicleShown") -> None:
    from hub.operations.state_view import text

    typer.secho(printable(" ".join(part for part in (found.vin, found.product) if part)), bold=True)
    holder = f"customer {found.customer} of {found.dealer} since {text(found.held_since)}" if found.dealer else "nobody that is known"
    typer.echo(printable(f"held by {holder}"))
    if found.visited_at:
        typer.echo(printable(f"last visit {text(found.visited_at)} at {found.visited_by}"))
    pace = f"{found.km_a_day:,.1f} km a day" if found.km_a_day is not None else "not measured: plans take what is usual"
    typer.echo(f"pace {pace}\n")
    if found.plans:
        heads = ("plan", "due", "first by", "by months", "by distance", "counts from", ">at km", "told", "next step", "answer")
        print_table(heads, [_plan(plan) for plan in found.plans])
    else:
        typer.echo("No service plan is known of it.")
    if found.readings:
        typer.echo()
        print_table(
            ("read", ">km", "by", "at a", ""),
            [
                (text(one.read_at), f"{one.km:,}", one.dealer, one.origin, "" if one.is_believed else "not believed")
                for one in found.readings
            ],
        )


def _plan(plan: "PlanShown") -> tuple[object, ...]:
    from hub.operations.state_view import text

    return (
        f"{plan.plan} ({plan.title})" if plan.title else plan.plan,
        plan.due_on or "never",
        plan.basis or "",
        plan.by_months or "",
        plan.by_distance or "",
        text(plan.since),
        "" if plan.since_km is None else f"{plan.since_km:,}",
        ", ".join(plan.told),
        f"{plan.next_step} {text(plan.next_at)}" if plan.next_step and plan.next_at else "",
        plan.answer or "",
    )
