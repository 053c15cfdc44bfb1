"""The words `hub staff …`: passes by which the hub knows who prepares, approves and releases."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import ask, operator, url
from hub.cli.doing import Deed, Manner, do, with_manner
from hub.cli.identity import Pass
from hub.cli.printing import AsJson, print_json, print_table, printable
from hub.cli.secret_file import SecretFile

if TYPE_CHECKING:
    from contracts.base import StaffPass

app = typer.Typer(no_args_is_help=True, help="Passes of the staff: who may prepare, approve and release campaigns. See docs/campaigns.md.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List who has a pass, what it is good for and until when; the passes themselves are kept by nobody but their holders.

    Example: hub staff list
    """
    from hub.operations.passes import held, moment
    from hub.rules.passes import standing

    now = moment()
    found = ask(held, now)
    if as_json:
        return print_json([{**_told(one), "state": standing(one, now)} for one in found])
    if not found:
        return typer.echo("Nobody has a pass: hub staff issue NAME")
    heads = ("pass", "of", "may", "for", "from", "until", "state")
    return print_table(
        heads,
        [
            (
                one.id,
                one.staff,
                ", ".join(one.may),
                _whose(one),
                one.effective_from,
                f"{one.revoked_at or one.expires_at:%Y-%m-%d %H:%MZ}",
                standing(one, now),
            )
            for one in found
        ],
    )


@app.command()
@with_manner
def issue(
    staff: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, as the staff are known: hub base list staff.")],
    may: Annotated[list[str], typer.Option("--may", metavar="RIGHT", help="prepare, approve or release; may be given several times.")],
    name: Annotated[
        str, typer.Option("--name", help="The full name: of somebody new, or by which who is known is called from today on.")
    ] = "",
    dealer: Annotated[
        list[str] | None, typer.Option("--dealer", metavar="DEALER", help="Only for campaigns among this dealer's people.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=1_000, help="How long it is good.")] = 365,
    pass_file: Annotated[Path | None, typer.Option("--pass-file", help="Write it to this new file (mode 0600), not to the screen.")] = None,
    *,
    manner: Manner,
) -> None:
    """Give somebody a pass; it is shown once, or written to a new file. The hub keeps what checks it, not what signs.

    Example: hub staff issue mira --name "Mira Bell" --may prepare --may release --pass-file mira.pass --why "runs the campaigns"
    """
    import asyncio

    from hub.operations import passes
    from hub.settings import Settings
    from hub.wiring import kafka_options

    new = ask(passes.draft, staff, name=name, may=may, dealers=dealer or (), days=days, now=passes.moment())
    told = {**_told(new.held), "name": new.holder.name if new.holder else None, "pass": None}

    def show() -> None:
        if new.holder:
            typer.echo(printable(f"{staff}: {'new on the staff' if new.is_new else 'from today on'}, {new.holder.name}"))
        typer.echo(f"{new.held.id}: {_good_for(new.held)}")

    def act() -> list[str]:
        with SecretFile(pass_file, "--pass-file") as secret:
            asyncio.run(passes.lay(operator(manner.why), url(), kafka_options(Settings()), new.laid))
            told["pass"] = secret.told(new.token)
        return [new.held.id]

    deed = Deed(
        told=told,
        show=show,
        ask="Issue it?",
        act=act,
        say=lambda _: f"pass (shown this once): {told['pass']}" if told["pass"] else f"pass written to {pass_file}",
    )
    do(deed, manner)


@app.command()
@with_manner
def revoke(
    which: Annotated[str, typer.Argument(metavar="NAME|PASS", help="Whose passes, or the id of one (hub staff list).")],
    *,
    manner: Manner,
) -> None:
    """End passes: nothing that is said from now on is taken for their holder's word; what was said before stands.

    Example: hub staff revoke mira --why "left the house"
    """
    import asyncio

    from hub.operations import passes
    from hub.settings import Settings
    from hub.wiring import kafka_options

    ended = ask(passes.revoked, which, passes.moment())

    def show() -> None:
        for one in ended:
            typer.echo(f"{one.id} of {one.staff}: {'would end' if manner.dry_run else 'ends'} now")

    def act() -> list[str]:
        asyncio.run(passes.lay(operator(manner.why), url(), kafka_options(Settings()), ended))
        return [one.id for one in ended]

    deed = Deed(
        told={"passes": [_told(one) for one in ended]},
        show=show,
        ask="Revoke?",
        act=act,
        say=lambda done: f"{len(done)} revoked.",
    )
    do(deed, manner)


@app.command()
def whoami(file: Pass = None, as_json: AsJson = False) -> None:
    """Tell whose pass you show, and what it is good for.

    Example: hub staff whoami --pass mira.pass
    """
    from hub.cli.identity import looked_for, shown
    from hub.operations.acts import system_user

    found = shown(file)
    if as_json:
        return print_json({"staff": found.staff if found else None, "login": system_user(), "pass": _told(found.held) if found else None})
    if found is None:
        return typer.echo(f"No pass is shown ({looked_for()}); the operating system knows you as {system_user()}.")
    return typer.echo(f"{_good_for(found.held)}.")


def _good_for(one: "StaffPass") -> str:
    return f"{one.staff} may {', '.join(one.may)}, for {_whose(one)}, until {one.expires_at:%Y-%m-%d %H:%MZ}"


def _whose(one: "StaffPass") -> str:
    return ", ".join(one.dealers) or "all dealers"


def _told(one: "StaffPass") -> dict[str, object]:
    return one.model_dump(mode="json", exclude={"occurred_at", "revision", "corrects", "retired", "key"})
