"""The words `hub brakes …`: how providers and campaigns fare, and which of them stand still."""

from typing import Annotated

import typer

from hub.cli.doing import Deed, Manner, do, with_manner
from hub.cli.printing import AsJson, print_json, print_table
from hub.errors import InputError

app = typer.Typer(no_args_is_help=True, help="How much of what is sent comes back, by provider and campaign, and where it was stopped.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List what was sent within the hour and what of it came back; where the brake is pulled, nothing goes.

    Example: hub brakes list
    """
    import asyncio

    from hub.operations import deliveries
    from hub.settings import Settings

    found = asyncio.run(deliveries.tallies(Settings()))
    if as_json:
        return print_json([one._asdict() for one in found])
    if not found:
        typer.echo("Nothing was sent yet.")
        return None
    print_table(
        ("of", ">sent", ">came back", "since", "brake"),
        [
            (
                one.scope,
                f"{one.sent:,}",
                f"{one.bad:,}",
                f"{one.since:%Y-%m-%d %H:%M:%SZ}",
                f"pulled {one.pulled_at:%Y-%m-%d %H:%M:%SZ}" if one.pulled_at else "",
            )
            for one in found
        ],
    )
    return None


@app.command()
@with_manner
def release(
    scope: Annotated[str, typer.Argument(metavar="OF", help="What stands still, such as provider:smtp or campaign:spring.")],
    *,
    manner: Manner,
) -> None:
    """Let a provider or campaign go on; its tally begins anew.

    Example: hub brakes release campaign:spring --why "the wrong addresses are taken out"
    """
    import asyncio

    from hub.operations import deliveries
    from hub.settings import Settings

    settings = Settings()
    found = {one.scope: one for one in asyncio.run(deliveries.tallies(settings)) if one.pulled_at}
    if scope not in found:
        raise InputError("OF", f"what stands still ({', '.join(found) or 'nothing does'})", scope)
    tally = found[scope]

    def act() -> list[str]:
        return [f"{scope} goes on"] if asyncio.run(deliveries.release(settings, scope, why=manner.why)) else []

    deed = Deed(
        told=tally._asdict(),
        show=lambda: typer.echo(f"{scope}: of {tally.sent:,} sent {tally.bad:,} came back; it would go on."),
        ask="Let it go on?",
        act=act,
        say=lambda done: f"{', '.join(done) or f'{scope} went on already'}.",
    )
    do(deed, manner)
