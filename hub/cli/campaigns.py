"""The words `hub campaigns …`: prepare, look at, approve, release, hold and end what goes to many people."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import ask
from hub.cli.filters import channel_of
from hub.cli.printing import AsJson
from hub.cli.saying import Saying, say, with_saying

if TYPE_CHECKING:
    from contracts.base import Template
    from contracts.contract import Lineage
    from hub.cli.identity import Signer
    from hub.operations.campaign_checks import Named
    from hub.operations.campaign_preview import Preview
    from hub.rules.campaigns import Campaign
    from hub.state.campaign_desk import Standing

app = typer.Typer(no_args_is_help=True, help="Campaigns: what goes to many people. See docs/campaigns.md for how a file is written.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The campaign's name, as `hub campaigns list` shows it.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The campaign as YAML.")]


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check a campaign's file: fields, conditions, template, purpose and documents; what is wrong is named by its line and path.

    Example: hub campaigns check spring.yaml
    """
    from hub.cli.printing import print_json

    plan, state = _draft(file)
    _sound(state)
    if as_json:
        print_json(plan.model_dump(mode="json", exclude={"occurred_at", "revision", "corrects", "who", "why"}, exclude_none=True))
    else:
        typer.echo(f"{file.name}: {plan.campaign} can be prepared.")


@app.command()
def preview(
    what: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A campaign's name, or its file before it is prepared.")],
    as_json: AsJson = False,
) -> None:
    """Count whom a campaign reaches by which channel, who is left out and why, and what its SMS take; nothing is written.

    Example: hub campaigns preview spring.yaml
    """
    from hub.cli.campaign_views import preview_json, print_preview
    from hub.cli.printing import print_json
    from hub.operations.campaigns import shown

    path = Path(what)
    if path.suffix in {".yaml", ".yml"} or path.is_file():
        plan, state = _draft(path)
        name = plan.campaign
    else:
        name, state = what, ask(shown, what).campaign
    found = _preview(name, state, _named(state)[0], is_quiet=as_json)
    if as_json:
        print_json(preview_json(name, found))
    else:
        print_preview(state, found)


@app.command()
@with_saying
def new(file: File, how: Saying) -> None:
    """Prepare a campaign, or change one that is not out yet; somebody else approves it then.

    Examples: hub campaigns new spring.yaml --dry-run · hub campaigns new spring.yaml --why "the estate comes in June"
    """
    from contracts.campaigns import CAMPAIGN_PREPARED

    by = how.signer("prepare")
    plan, state = _draft(file, why=how.why or "-", who=by.who)
    show, about = _foretold(plan.campaign, state, _sound(state), how)
    say(CAMPAIGN_PREPARED, by.signs(plan), "Prepare it?", how, show=show, about=about)


@app.command("test")
@with_saying
def copy(
    name: Name,
    to: Annotated[str, typer.Option("--to", metavar="KIND:DEALER/REF", help="Whom: contact:ber-01/P-2001, customer:oem/C-1.")],
    channel: Annotated[str, typer.Option("--channel", help="email, sms or post; without: the campaign's first.")] = "",
    *,
    how: Saying,
) -> None:
    """Send one copy to one person, such as a colleague whom a dealer has as its contact.

    Example: hub campaigns test spring-2026 --to contact:ber-01/P-2001 --why "how it looks"
    """
    from uuid import uuid4

    from contracts.campaigns import CAMPAIGN_TESTED
    from hub.operations.campaigns import make, shown
    from hub.operations.messages import recipient
    from hub.settings import Settings

    asked, by = channel_of(channel), how.signer()
    state = ask(shown, name).campaign
    way = asked or state.channels[0]
    told = {
        "message": f"{name}-test-{uuid4().hex[:8]}",
        "channel": way,
        "template": state.template,
        "documents": tuple(state.documents),
        **ask(recipient, to, way, "--to", Settings().courier_country),
    }
    body = by.signs(make(CAMPAIGN_TESTED, _head(name, by, how.why), told))
    say(CAMPAIGN_TESTED, body, "Send it?", how, show=lambda: typer.echo(f"A copy of {name} goes to {to} by {way}."))


@app.command()
@with_saying
def approve(name: Name, how: Saying) -> None:
    """Agree to a campaign as it is prepared; whoever prepared it cannot, and a later change needs approval again.

    Example: hub campaigns approve spring-2026 --why "checked with legal"
    """
    from contracts.campaigns import CAMPAIGN_APPROVED
    from hub.cli.campaign_views import print_plan
    from hub.errors import HubError
    from hub.operations.campaigns import make, require, shown
    from hub.rules.campaigns import same_person

    state = require(ask(shown, name), "approved", states={"prepared"})
    by = how.signer("approve")
    if same_person(by.who, state.prepared_by):
        raise HubError(f"{name} was prepared by {state.prepared_by}: somebody else has to approve it")
    body = by.signs(make(CAMPAIGN_APPROVED, _head(name, by, how.why), {"prepared_by": state.prepared_by, "plan": state.plan}))
    say(CAMPAIGN_APPROVED, body, "Approve it?", how, show=lambda: print_plan(name, state))


@app.command()
@with_saying
def release(name: Name, how: Saying) -> None:
    """Let an approved campaign go out as it is shown before, with its counts and what its SMS take.

    Example: hub campaigns release spring-2026 --why "as planned"
    """
    from contracts.campaigns import CAMPAIGN_RELEASED
    from hub.errors import HubError
    from hub.operations.campaigns import make, require, shown
    from hub.rules.campaigns import same_person

    state = require(ask(shown, name), "released", states={"approved"})
    by = how.signer("release")
    if same_person(by.who, state.approved_by or ""):
        raise HubError(f"{name} was approved by {state.approved_by}: somebody else has to release it")
    show, about = _foretold(name, state, _sound(state), how)
    body = by.signs(make(CAMPAIGN_RELEASED, _head(name, by, how.why), {"plan": state.plan}))
    say(CAMPAIGN_RELEASED, body, "Release it?", how, show=show, about=about)


@app.command()
@with_saying
def pause(name: Name, how: Saying) -> None:
    """Hold a campaign: nothing more is planned, and what is planned goes to nobody until it is resumed.

    Example: hub campaigns pause spring-2026 --why "the price list has an error"
    """
    from contracts.campaigns import CAMPAIGN_PAUSED

    _move(CAMPAIGN_PAUSED, name, "paused", {"released"}, how.signer(), how)


@app.command()
@with_saying
def resume(name: Name, how: Saying) -> None:
    """Let a paused campaign go on, at its pace from now on.

    Example: hub campaigns resume spring-2026 --why "the price list is right again"
    """
    from contracts.campaigns import CAMPAIGN_RESUMED

    _move(CAMPAIGN_RESUMED, name, "resumed", {"paused"}, how.signer("release"), how)


@app.command()
@with_saying
def stop(name: Name, how: Saying) -> None:
    """End a campaign for good: nothing more of it goes out.

    Example: hub campaigns stop spring-2026 --why "the estate comes later"
    """
    from contracts.campaigns import CAMPAIGN_STOPPED

    states = {"prepared", "approved", "released", "paused"}
    _move(CAMPAIGN_STOPPED, name, "stopped", states, how.signer(), how)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List campaigns, the latest first, with how far each is.

    Example: hub campaigns list
    """
    from hub.cli.campaign_views import print_list, standing_json
    from hub.cli.printing import print_json
    from hub.operations.campaigns import listed

    found = ask(listed)
    if as_json:
        print_json([standing_json(one) for one in found])
    else:
        print_list(found)


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a campaign: its plan, who prepared, approved and released it, how far it is, and what became of its messages.

    Example: hub campaigns show spring-2026
    """
    from hub.cli.campaign_views import print_standing, standing_json
    from hub.cli.printing import print_json
    from hub.operations.campaigns import shown

    found = ask(shown, name)
    if as_json:
        print_json(standing_json(found))
    else:
        print_standing(found)


def _move(lineage: "Lineage[Any]", name: str, verb: str, states: set[str], by: "Signer", how: Saying) -> None:
    from hub.operations.campaigns import make, require, shown

    found: Standing = ask(shown, name)
    require(found, verb, states=states)
    body = by.signs(make(lineage, _head(name, by, how.why)))
    how_far = f"{name} is {found.campaign.status}: {found.planned:,} messages planned so far."
    say(lineage, body, f"Shall it be {verb}?", how, show=lambda: typer.echo(how_far))


def _draft(file: Path, *, why: str = "-", who: str = "-") -> tuple[Any, "Campaign"]:
    """The plan of a file, and the campaign that it would be."""
    from datetime import UTC, datetime

    from hub.operations.campaign_file import plan
    from hub.rules.campaigns import draft

    made = plan(file, who=who, why=why, now=datetime.now(UTC))
    return made, draft(made)


def _preview(name: str, state: "Campaign", template: "Template | None", *, is_quiet: bool) -> "Preview":
    from datetime import timedelta

    from hub.cli.progress import progress
    from hub.operations.audiences import size
    from hub.operations.campaign_preview import Sending
    from hub.operations.campaign_preview import preview as operation
    from hub.rules.links import Links
    from hub.rules.windows import Limit
    from hub.settings import Settings

    settings, total = Settings(), ask(size, state)
    cap, links = Limit(settings.courier_cap, timedelta(days=settings.courier_cap_days)), Links(settings.door_url, b"as long as a real one")
    with progress("judging", total, is_quiet=is_quiet) as on_progress:
        return ask(operation, name, state, template, Sending(settings.courier_country, cap, links), on_progress)


def _foretold(name: str, state: "Campaign", template: "Template | None", how: Saying) -> tuple[Callable[[], None], dict[str, Any]]:
    """What shows people the plan and whom it reaches, and what a program is told of it that looks before it acts."""
    from hub.cli.campaign_views import preview_json, print_plan, print_preview

    def show() -> None:
        print_plan(name, state)
        print_preview(state, _preview(name, state, template, is_quiet=how.as_json))

    return show, {"preview": preview_json(name, _preview(name, state, template, is_quiet=True))} if how.as_json and how.dry_run else {}


def _named(state: "Campaign") -> "Named":
    from hub.operations.campaign_checks import named

    return ask(named, state.template, state.purpose, state.documents, state.channels)  # type: ignore[arg-type] # their columns are text


def _sound(state: "Campaign") -> "Template | None":
    """The template of a campaign; raises HubError where something that the campaign names is not there, or not fit."""
    from hub.errors import HubError

    template, faults = _named(state)
    if faults:
        raise HubError("\n     ".join(faults))
    return template


def _head(name: str, by: "Signer", why: str) -> dict[str, Any]:
    from hub.operations.campaigns import head

    return head(name, by.who, why or "-")
