"""The words `hub complaints …`: what is open, who has it in hand, what is overdue."""

from typing import Annotated

import typer

from hub.cli import show
from hub.cli.acting import ask
from hub.cli.printing import AsJson, print_json, print_more, print_table

app = typer.Typer(
    no_args_is_help=True, help="Complaints of customers: who has them in hand, and by when they are to be answered and settled."
)
app.command("show")(show.complaint)


@app.command("list")
def list_(
    dealer: Annotated[str, typer.Option("--dealer", help="Only of this dealer's customers, also where the OEM took them.")] = "",
    category: Annotated[str, typer.Option("--category", help="Only those of this category.")] = "",
    staff: Annotated[str, typer.Option("--staff", help="Only what this person has in hand.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    closed_too: Annotated[bool, typer.Option("--all", help="Those that are closed as well.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 200,
    as_json: AsJson = False,
) -> None:
    """List complaints that are open, what is overdue or due first at the top.

    Example: hub complaints list --dealer ber-01 --overdue
    """
    from hub.operations import complaints
    from hub.operations.state_view import text

    found = ask(complaints.listed, dealer=dealer, category=category, staff=staff, overdue=overdue, closed_too=closed_too, most=limit)
    if as_json:
        print_json([one.as_json() for one in found])
    elif not found:
        typer.echo("No complaint is overdue." if overdue else "No complaint is known." if closed_too else "No complaint is open.")
    else:
        print_table(
            ("due", "", "waits for", "complaint", "taken by", "dealer", "customer", "category", "in hand", "open since", "reopened"),
            [
                (
                    text(one.due_at) if one.due_at else "",
                    "overdue" if one.is_overdue else one.status if one.status != "open" else "",
                    one.waits_for or "",
                    one.complaint,
                    one.taken_by,
                    one.dealer,
                    one.customer or "",
                    one.category,
                    one.staff or "nobody",
                    text(one.opened_at),
                    one.reopenings or "",
                )
                for one in found
            ],
        )
        print_more(len(found), limit)
