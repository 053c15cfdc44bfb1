"""The words `hub partners …`: add, list, rotate, suspend, resume."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import DryRun, Reason
from hub.cli.doing import print_outcome
from hub.cli.printing import AsJson, print_json, print_table
from hub.cli.secret_file import SecretFile

if TYPE_CHECKING:
    from hub.operations.partner_plan import Partner
    from hub.operations.partners import Outcome
    from hub.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="The partners: dealers, carriers and the ERP, each with its topics, broker user, rights and quota.",
)

_MOST_REMARKS = 2  # a partner that was never added lacks everything

KindWord = Annotated[str, typer.Argument(metavar="dealer|carrier|erp", help="What the partner is.")]
IdWord = Annotated[str, typer.Argument(metavar="[ID]", help="1 to 40 of a-z, 0-9 and -; the one ERP has none.")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="Write the password to this new file (mode 0600) instead of the screen.")
]


@app.command()
def add(
    kind: KindWord,
    partner: IdWord = "",
    producer_rate: Annotated[int | None, typer.Option(min=1, help="Bytes a second it may write; 2 MiB unless told.")] = None,
    consumer_rate: Annotated[int | None, typer.Option(min=1, help="Bytes a second it may read; 4 MiB unless told.")] = None,
    request_percentage: Annotated[float | None, typer.Option(min=0.1, help="Percent of a request thread's time; 25 unless told.")] = None,
    password_file: PasswordFile = None,
    why: Reason = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make a partner's topics, rights, quota and user; repeated, make what is missing.

    Examples: hub partners add dealer ber-01 --password-file ber-01.secret --why "signed on 1 March" · hub partners add erp --dry-run
    """
    from hub.operations import partners

    asked = {"producer_byte_rate": producer_rate, "consumer_byte_rate": consumer_rate, "request_percentage": request_percentage}
    quota = {key: float(value) for key, value in asked.items() if value is not None}
    act(
        (kind, partner),
        lambda settings, known: partners.add(settings, known, quota=quota, why=why, dry_run=dry_run),
        dry_run=dry_run,
        otherwise="nothing was missing",
        secret_file=password_file,
        as_json=as_json,
    )


@app.command()
def rotate(
    kind: KindWord,
    partner: IdWord = "",
    password_file: PasswordFile = None,
    why: Reason = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give a partner a new password; the old one stops.

    Example: hub partners rotate dealer ber-01 --why "left on a laptop"
    """
    from hub.operations import partners

    act(
        (kind, partner),
        lambda settings, known: partners.rotate(settings, known, why=why, dry_run=dry_run),
        dry_run=dry_run,
        secret_file=password_file,
        as_json=as_json,
    )


@app.command()
def suspend(kind: KindWord, partner: IdWord = "", why: Reason = "", dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Take a partner's rights to write, from open connections too; topics, user and data stay.

    A dealer's tokens for the door open nothing either; where the database does not answer for them the exit code is 1.

    Example: hub partners suspend carrier acme --why "sends the same record in a loop"
    """
    from hub.operations import partners

    act(
        (kind, partner),
        lambda settings, known: partners.suspend(settings, known, why=why, dry_run=dry_run),
        dry_run=dry_run,
        as_json=as_json,
    )


@app.command()
def resume(kind: KindWord, partner: IdWord = "", why: Reason = "", dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Give a suspended partner its rights to write again.

    Example: hub partners resume carrier acme --why "the loop is mended"
    """
    from hub.operations import partners

    act(
        (kind, partner),
        lambda settings, known: partners.resume(settings, known, why=why, dry_run=dry_run),
        dry_run=dry_run,
        as_json=as_json,
    )


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the partners with their state, topics, last offsets and quotas.

    Example: hub partners list --json
    """
    from hub.operations.partners import standings
    from hub.settings import Settings

    found = standings(Settings())
    if as_json:
        print_json([{"user": one.partner.user, **asdict(one)} for one in found])
        return
    if not found:
        typer.echo("No partners yet: hub partners add dealer ID --why REASON makes one.")
        return
    rows = [
        (
            one.partner.kind,
            one.partner.id,
            one.state,
            ", ".join(f"{name}: {end}" for name, end in one.topics.items()),
            ", ".join(f"{key} {value:,.12g}" for key, value in one.quota.items()),
            _remarks((*(f"lacks {what}" for what in one.missing), *(f"has also: {what}" for what in one.others))),
        )
        for one in found
    ]
    print_table(("kind", "id", "state", "topics: end offset", "quota", "remarks"), rows)


def _remarks(remarks: tuple[str, ...]) -> str:
    left = len(remarks) - _MOST_REMARKS
    return "; ".join(remarks if left < 1 else (*remarks[:_MOST_REMARKS], f"{left} more (--json)"))


def act(
    words: tuple[str, str],
    doing: "Callable[[Settings, Partner], Outcome]",
    *,
    dry_run: bool,
    otherwise: str = "nothing to do",
    secret_file: Path | None = None,
    what: str = "password",
    as_json: bool = False,
) -> None:
    """Do one act upon a partner and tell what was done; a new secret is shown once, or goes to a file of its own.

    The exit code is 1 where a part of it could not be done.
    """
    from hub.operations.partner_plan import Partner
    from hub.settings import Settings

    partner = Partner.named(*words)
    with SecretFile(None if dry_run else secret_file, f"--{what}-file") as secret:
        outcome = doing(Settings(), partner)
        shown = secret.told(outcome.password)
    if as_json:
        about = {"user": partner.user, "notes": outcome.notes, "is_whole": outcome.is_whole, what: shown}
        print_outcome(about, outcome.done, is_dry=dry_run)
    else:
        for step in outcome.done or (otherwise,):
            typer.echo(f"{partner.user}: {'would do: ' if dry_run and outcome.done else ''}{step}")
        for note in outcome.notes:
            typer.echo(f"{partner.user}: {note}", err=True)
        if shown is not None:
            typer.echo(f"{what} (shown this once): {shown}")
        elif outcome.password is not None:
            typer.echo(f"{what} written to {secret_file}")
    if not outcome.is_whole:
        raise typer.Exit(1)
