"""The words `hub deliveries …`: what people are told, what became of it, and what is done about it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hub.cli.acting import Unmask, Why, operator, print_foretold
from hub.cli.doing import Deed, Manner, do, with_manner
from hub.cli.filters import channel_of, dealers
from hub.cli.printing import AsJson, counted, print_json, print_more, print_table, printable
from hub.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.state.delivery_desk import Choice, Delivery

app = typer.Typer(no_args_is_help=True, help="What people are told by mail, SMS and post, what became of it, and what is done about it.")

State = Annotated[str, typer.Option("--state", help="planned, claimed, sent, pending, failed, unknown, cancelled, expired or excluded.")]
Channel = Annotated[str, typer.Option("--channel", help="email, sms or post.")]
Campaign = Annotated[str, typer.Option("--campaign", help="Only of this campaign.")]
Dealer = Annotated[str, typer.Option("--dealer", metavar="ID", help="Only to this dealer's people.")]
Person = Annotated[str, typer.Option("--person", metavar="REF", help="Only to the person with this reference.")]
Reason = Annotated[str, typer.Option("--reason", help="Only for this reason, such as no_consent or unknown_address.")]
Most = Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="At most so many.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Beginnings of ids; without any, all that the filters leave.")]

_MOST = 100_000


@app.command("list")
def list_(
    state: State = "",
    channel: Channel = "",
    campaign: Campaign = "",
    dealer: Dealer = "",
    person: Person = "",
    reason: Reason = "",
    most: Most = 50,
    as_json: AsJson = False,
) -> None:
    """List deliveries, the one that changed last first; what is personal is masked.

    Example: hub deliveries list --state unknown --channel sms
    """
    from hub.operations.deliveries import masked

    choice = _choice(state, channel, campaign, dealer, person, reason)
    found = [masked(one) for one in _find(choice, most)]
    if as_json:
        return print_json([one._asdict() for one in found])
    if not found:
        typer.echo("No deliveries." if not any(choice) else "No such deliveries.")
        return None
    _print(found)
    print_more(len(found), most)
    return None


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The beginning of its id.")],
    unmask: Unmask = False,
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Show one delivery: to whom, because of what, what became of it, and what was reported of it.

    Example: hub deliveries show 5e441e34
    """
    import asyncio

    from hub.operations import deliveries
    from hub.settings import Settings

    who = operator(why) if unmask else None
    [found] = asyncio.run(deliveries.named(Settings(), [name]))
    if who is not None:
        who.unmasks("delivery.unmasked", str(found.id))
    shown = found if unmask else deliveries.masked(found)
    if as_json:
        return print_json(shown._asdict())
    typer.echo(f"delivery {shown.id}, {shown.state}{f': {printable(shown.reason)}' if shown.reason else ''}")
    _print_fields(shown)
    return None


@app.command()
@with_manner
def resend(
    ids: Ids = None,
    state: State = "unknown",
    channel: Channel = "",
    campaign: Campaign = "",
    dealer: Dealer = "",
    person: Person = "",
    reason: Reason = "",
    *,
    manner: Manner,
) -> None:
    """Send once more what is unknown or failed; whoever did get it gets it twice. Not before two leases of a courier are over.

    Example: hub deliveries resend 5e441e34 --why "the provider has no record of it" --dry-run
    """
    import asyncio

    from hub.operations import deliveries
    from hub.settings import Settings

    settings, chosen = Settings(), _chosen(ids, _choice(state, channel, campaign, dealer, person, reason))

    def foretold(one: "Delivery") -> str:
        at = deliveries.resendable_at(settings, one)
        return f"stays {one.state}" if at is None else f"goes once more, if it is {at:%Y-%m-%d %H:%M:%SZ} by then and it has not expired"

    def act() -> "Sequence[str]":
        return asyncio.run(deliveries.resend(settings, chosen, why=manner.why))

    _do(("Send once more", "will be sent once more"), chosen, foretold, act, manner)


@app.command()
@with_manner
def settle(
    ids: Ids = None,
    as_: Annotated[str, typer.Option("--as", metavar="STATE", help="sent or failed: what became of it.")] = "",
    channel: Channel = "",
    campaign: Campaign = "",
    dealer: Dealer = "",
    person: Person = "",
    *,
    manner: Manner,
) -> None:
    """Say what became of deliveries that are unknown, as the provider's own records tell.

    Example: hub deliveries settle 5e441e34 --as sent --why "the provider's console shows it" --dry-run
    """
    import asyncio

    from hub.operations import deliveries
    from hub.settings import Settings

    outcome = _outcome(as_)
    settings, chosen = Settings(), _chosen(ids, _choice("unknown", channel, campaign, dealer, person, ""))

    def foretold(one: "Delivery") -> str:
        return outcome if one.state == "unknown" else f"stays {one.state}"

    def act() -> "Sequence[str]":
        return asyncio.run(deliveries.settle(settings, chosen, outcome, why=manner.why))

    _do((f"Settle as {outcome}", "settled"), chosen, foretold, act, manner)


@app.command()
@with_manner
def cancel(
    ids: Ids = None,
    state: State = "",
    channel: Channel = "",
    campaign: Campaign = "",
    dealer: Dealer = "",
    person: Person = "",
    reason: Reason = "",
    *,
    manner: Manner,
) -> None:
    """Keep from going what has not gone yet.

    Example: hub deliveries cancel --campaign spring --state planned --why "the price was wrong" --dry-run
    """
    import asyncio

    from hub.operations import deliveries
    from hub.settings import Settings

    settings, chosen = Settings(), _chosen(ids, _choice(state, channel, campaign, dealer, person, reason))

    def foretold(one: "Delivery") -> str:
        return "cancelled" if one.state in {"planned", "pending"} else f"stays {one.state}"

    def act() -> "Sequence[str]":
        return asyncio.run(deliveries.cancel(settings, chosen, why=manner.why))

    _do(("Cancel", "cancelled"), chosen, foretold, act, manner)


def _choice(state: str, channel: str, campaign: str, dealer: str, person: str, reason: str) -> "Choice":
    from hub.state.delivery_desk import STATES, Choice

    if state and state not in STATES:
        raise InputError("--state", ", ".join(STATES), state)
    return Choice(state, channel_of(channel) or "", campaign, dealers(dealer), person, reason)


def _outcome(word: str) -> Literal["sent", "failed"]:
    match word:
        case "sent" | "failed":
            return word
        case _:
            raise InputError("--as", "sent or failed", word or None)


def _find(choice: "Choice", most: int) -> "list[Delivery]":
    import asyncio

    from hub.operations import deliveries
    from hub.settings import Settings

    return asyncio.run(deliveries.find(Settings(), choice, most))


def _chosen(ids: list[str] | None, choice: "Choice") -> "list[Delivery]":
    """The deliveries meant: those of the ids, else those of the filters, of which there must be one beside the state."""
    import asyncio

    from hub.operations import deliveries
    from hub.settings import Settings

    if not ids and not any(choice[1:]):
        raise InputError("ID", "ids, or a filter beside the state: all deliveries at once are never meant")
    return asyncio.run(deliveries.named(Settings(), ids)) if ids else _find(choice, _MOST)


def _do(
    words: tuple[str, str],
    chosen: "Sequence[Delivery]",
    foretold: "Callable[[Delivery], str]",
    act: "Callable[[], Sequence[str]]",
    how: Manner,
) -> None:
    from hub.operations.deliveries import masked

    ask, outcome = words
    shown, becomes = [masked(one) for one in chosen], [foretold(one) for one in chosen]

    def show() -> None:
        rows = [(str(one.id)[:8], one.state, one.channel or "", one.template, one.person) for one in shown]
        print_foretold(("id", "state", "channel", "template", "person"), rows, becomes)

    deed = Deed(
        told={"deliveries": [{**one._asdict(), "foretold": words} for one, words in zip(shown, becomes, strict=True)]},
        show=show if chosen else lambda: typer.echo("No such deliveries."),
        ask=f"{ask} {len(chosen):,}?",
        act=act if chosen else None,
        say=lambda done: f"{len(done):,} {outcome}.",
    )
    done = do(deed, how)
    if done is not None and len(done) < len(chosen):
        left = len(chosen) - len(done)
        typer.echo(f"{left:,} stay as they are: not in such a state, begun too short a time ago, or expired.", err=True)
        raise typer.Exit(1)


def _print(found: "Sequence[Delivery]") -> None:
    print_table(
        ("id", "state", "reason", "channel", "template", "person", "campaign", "reported", ">tries", "changed"),
        [
            (
                str(one.id)[:8],
                one.state,
                one.reason or "",
                one.channel or "",
                one.template,
                f"{one.principal}/{one.person}",
                one.campaign or "",
                one.status or "",
                one.attempts,
                f"{one.changed_at:%Y-%m-%d %H:%M:%SZ}",
            )
            for one in found
        ],
    )


def _print_fields(one: "Delivery") -> None:
    from hub.rules.money import written

    cost = f"for {written(one.cost_minor, one.currency)}" if one.cost_minor is not None and one.currency else ""
    told: dict[str, Any] = {
        "to": f"{one.person_kind} {one.person} of {one.principal}",
        "address": one.address,
        "channel": one.channel,
        "for": f"{one.purpose}, {one.nature}, in the name of {one.grantee}",
        "template": one.template,
        "campaign": one.campaign,
        "documents": ", ".join(one.documents),
        "planned": f"{one.planned_at:%Y-%m-%d %H:%M:%SZ} by {one.consumer}, because of event {one.because}",
        "due": f"{one.due_at:%Y-%m-%d %H:%M:%SZ}, expires {one.expires_at:%Y-%m-%d %H:%M:%SZ}",
        "begun": f"{one.started_at:%Y-%m-%d %H:%M:%SZ}, {counted(one.attempts, 'try', 'tries')}" if one.started_at else None,
        "provider": f"{one.provider} {one.provider_ref or ''}".strip() if one.provider else None,
        "answer": one.answer,
        "segments": f"{one.segments} {cost}".strip() if one.segments else None,
        "reported": f"{one.status} {one.reported_at:%Y-%m-%d %H:%M:%SZ} {one.cause or ''}".strip() if one.status else None,
    }
    for name, value in told.items():
        if value:
            typer.echo(f"  {name:<10}{printable(str(value))}")
    for name, value in one.fields.items():
        if value is not None:
            typer.echo(f"  {f'{name}:':<10}{printable(str(value))}")
