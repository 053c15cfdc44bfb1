"""The words `hub door …`: who may speak through the door without a Kafka client."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.acting import DryRun, Reason
from hub.cli.partners import act
from hub.cli.printing import AsJson, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Tokens of dealers who send events over HTTP: issued, rotated, revoked.")

Dealer = Annotated[str, typer.Argument(metavar="DEALER", help="The dealer's id.")]
TokenFile = Annotated[Path | None, typer.Option("--token-file", help="Write the token to this new file (mode 0600) instead of the screen.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the tokens that open the door; the tokens themselves are kept by nobody but their dealers.

    Example: hub door list
    """
    import asyncio

    from hub.operations import door
    from hub.settings import Settings

    found = asyncio.run(door.tokens(Settings()))
    if as_json:
        return print_json([one._asdict() for one in found])
    if not found:
        typer.echo("No dealer has a token: hub door issue DEALER")
        return None
    print_table(
        ("id", "of", "issued", "by", "ends", "state"),
        [
            (
                str(one.id)[:8],
                one.principal,
                f"{one.issued_at:%Y-%m-%d %H:%MZ}",
                one.issued_by,
                f"{one.ends_at:%Y-%m-%d %H:%MZ}" if one.ends_at else "",
                "suspended" if one.is_suspended else "active",
            )
            for one in found
        ],
    )
    return None


@app.command()
def issue(dealer: Dealer, token_file: TokenFile = None, why: Reason = "", dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Give a dealer a token for the door; it is shown once, or written to a new file.

    Example: hub door issue ber-01 --token-file ber-01.token --why "has no Kafka client"
    """
    import asyncio

    from hub.operations import door

    act(
        ("dealer", dealer),
        lambda settings, known: asyncio.run(door.issue(settings, known, why=why, dry_run=dry_run)),
        dry_run=dry_run,
        secret_file=token_file,
        what="token",
        as_json=as_json,
    )


@app.command()
def rotate(
    dealer: Dealer,
    grace: Annotated[float, typer.Option("--grace", metavar="HOURS", min=0, max=24 * 30, help="How long the old ones still work.")] = 0.0,
    token_file: TokenFile = None,
    why: Reason = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give a dealer a new token in the place of those that it has.

    Example: hub door rotate ber-01 --grace 24 --why "once a year"
    """
    import asyncio
    from datetime import timedelta

    from hub.operations import door

    act(
        ("dealer", dealer),
        lambda settings, known: asyncio.run(door.rotate(settings, known, grace=timedelta(hours=grace), why=why, dry_run=dry_run)),
        dry_run=dry_run,
        secret_file=token_file,
        what="token",
        as_json=as_json,
    )


@app.command()
def revoke(dealer: Dealer, why: Reason = "", dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """End all tokens of a dealer at once.

    Example: hub door revoke ber-01 --why "has a Kafka client by now"
    """
    import asyncio

    from hub.operations import door

    act(
        ("dealer", dealer),
        lambda settings, known: asyncio.run(door.revoke(settings, known, why=why, dry_run=dry_run)),
        dry_run=dry_run,
        what="token",
        as_json=as_json,
    )
