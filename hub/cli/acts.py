"""The words `hub acts …`: who did what, when, why, and with what effect."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.printing import AsJson, print_json, print_more, print_table, printable

if TYPE_CHECKING:
    from hub.operations.act_ledger import Entry

app = typer.Typer(no_args_is_help=True, help="The acts of operators: who did what, when, why, and what came of it.")

Who = Annotated[str, typer.Option("--who", help="Only what this operator did.")]
What = Annotated[str, typer.Option("--what", help="Only these acts, such as partner.rotated, or partner for all of that kind.")]
About = Annotated[str, typer.Option("--subject", help="Only acts upon what has this in its name.")]
Since = Annotated[str, typer.Option("--since", metavar="TIME", help="Only from this moment on: 2026-03-02, 2026-03-02T12:00:00Z.")]
Most = Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000_000, help="At most so many, the newest.")]


@app.command("list")
def list_(who: Who = "", what: What = "", subject: About = "", since: Since = "", most: Most = 50, as_json: AsJson = False) -> None:
    """List acts, the newest last.

    Example: hub acts list --what partner --since 2026-03-01
    """
    import asyncio

    from hub.operations.act_ledger import Choice, entries
    from hub.operations.cluster import Cluster
    from hub.operations.replay import moment
    from hub.settings import Settings

    settings, choice = Settings(), Choice(who, what, subject, moment(since, "--since"))
    found = asyncio.run(entries(Cluster(settings), settings.database_url.get_secret_value(), choice, most))
    if as_json:
        return print_json([one.as_json() for one in found])
    if not found:
        typer.echo("No acts." if choice == Choice() else "No such acts.")
        return None
    print_table(
        ("id", "when", "who", "what", "upon", "why", "effect"),
        [(one.id[:8], f"{one.at:%Y-%m-%d %H:%M:%SZ}", one.who, one.what, one.subject, one.why, _effect(one)) for one in found],
    )
    print_more(len(found), most)
    return None


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The beginning of its id.")],
    as_json: AsJson = False,
) -> None:
    """Show one act: all that was said, and what came of it.

    Example: hub acts show 0f6b2c1e
    """
    import asyncio

    from hub.operations.act_ledger import entry
    from hub.operations.cluster import Cluster
    from hub.settings import Settings

    settings = Settings()
    found = asyncio.run(entry(Cluster(settings), settings.database_url.get_secret_value(), name))
    if as_json:
        return print_json(found.as_json())
    typer.secho(printable(f"{found.what} upon {found.subject}"), bold=True)
    for head, told in (
        ("id", found.id),
        ("when", f"{found.at:%Y-%m-%d %H:%M:%SZ}"),
        ("who", found.who),
        ("why", found.why),
        ("by", found.consumer or "the operator's own command"),
        ("record", found.record),
        ("state", found.state),
    ):
        typer.echo(f"  {head:7} {printable(told)}")
    for line in found.effect:
        typer.echo(f"  {'effect':7} {printable(line)}")
    if found.details:
        print_json(found.details)
    return None


def _effect(one: "Entry") -> str:
    return "; ".join(one.effect) if one.state == "carried out" and one.effect else "; ".join((one.state, *one.effect))
