"""The words `hub post …`: the print batches, and letters that came back."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.acting import check_reason, operator
from hub.cli.doing import Deed, Manner, do, with_manner
from hub.cli.printing import AsJson, counted, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Letters: the batches that the printer takes over, and what came back.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the print batches, and whether each lies there as it was committed.

    Example: hub post list
    """
    from datetime import datetime

    from hub.operations import post
    from hub.operations.state_view import text
    from hub.settings import Settings

    found = post.batches(Settings().post_folder)
    if as_json:
        return print_json([batch._asdict() for batch in found])
    if not found:
        typer.echo("No batch was committed yet.")
        return None
    print_table(
        ("batch", "made", ">letters", ">bytes", "state"),
        [
            (
                one.name,
                text(datetime.fromisoformat(one.made_at)) if one.made_at else "",
                one.letters,
                f"{one.bytes:,}",
                "; ".join(one.faults) or "whole",
            )
            for one in found
        ],
    )
    return None


@app.command()
@with_manner
def returned(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns delivery, code and returned_on.")],
    *,
    manner: Manner,
) -> None:
    """Tell the hub which letters came back, and by the post's code why; a file that is read twice says the same once.

    Example: hub post returned returns.csv --why "the post's report of May"
    """
    import asyncio
    from datetime import UTC, datetime

    from hub.channels.post.returns import read_returns
    from hub.operations import post
    from hub.settings import Settings
    from hub.wiring import kafka_options

    if not manner.dry_run:
        check_reason(manner.why)
    settings, letters = Settings(), read_returns(file, datetime.now(UTC).date())
    found = asyncio.run(post.report(settings, letters))
    rows = [
        (each.letter.delivery, each.letter.code, each.letter.cause, "for good" if each.letter.is_permanent else "this time")
        if each.body
        else (each.letter.delivery, each.letter.code, "no letter of ours", "")
        for each in found
    ]
    known = [each.letter.delivery for each in found if each.body is not None]

    def act() -> list[str]:
        asyncio.run(post.publish(operator(manner.why), kafka_options(settings), found, file.name))
        return known

    deed = Deed(
        told={"letters": [{**each.letter._asdict(), "is_known": each.body is not None} for each in found]},
        show=lambda: print_table(("delivery", "code", "cause", "bad"), rows) if rows else typer.echo("No letter came back."),
        ask=f"Tell the hub of {counted(len(known), 'letter')} that came back?",
        act=act if known else None,
        say=lambda done: f"{counted(len(done), 'report')} published to hub.reports.",
    )
    do(deed, manner)
