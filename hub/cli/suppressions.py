"""The words `hub suppressions …`: addresses that are left alone, why, and what is done about it."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import ask, operator
from hub.cli.carrying import Patience, Plan, carry_out, with_patience
from hub.cli.doing import Manner
from hub.cli.filters import CHANNELS, channel_of
from hub.cli.printing import AsJson, print_json, print_more, print_table, printable
from hub.errors import InputError

if TYPE_CHECKING:
    from hub.state.consent_desk import Suppressed

app = typer.Typer(
    no_args_is_help=True, help="Addresses that nothing, or no marketing, may go to: by bounces, STOP, complaints, links, operators."
)

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="An address, or the beginning of its key as `list` shows it.")]
NewAddress = Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail's address, a number with its country, or where letters go.")]
Channel = Annotated[str, typer.Option("--channel", help="email, sms or post; needed with an address.")]
Reason = Annotated[str, typer.Option("--reason", help="unknown_address, opted_out, complaint, unsubscribed, operator or legal.")]
Most = Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="At most so many, the newest.")]

_SHOWN = 12


@app.command("list")
def list_(
    address: Annotated[str, typer.Option("--address", help="Only this address, or this beginning of a key.")] = "",
    channel: Channel = "",
    reason: Reason = "",
    released: Annotated[bool, typer.Option("--released", help="Those that are suppressed no longer.")] = False,
    most: Most = 50,
    as_json: AsJson = False,
) -> None:
    """List suppressed addresses, masked, the newest first.

    Example: hub suppressions list --channel email --reason complaint
    """
    from hub.operations import suppressions

    found = ask(suppressions.find, address=address, channel=channel_of(channel), reason=reason, is_released=released, most=most)
    if as_json:
        return print_json([one._asdict() for one in found])
    if not found:
        typer.echo("No address is suppressed." if (address, channel, reason, released) == ("", "", "", False) else "No such address.")
        return None
    print_table(
        ("key", "channel", "address", "letters", "why", "since", "released"),
        [
            (
                one.address[:_SHOWN],
                one.channel,
                one.hint or "",
                _letters(one),
                ", ".join(one.reasons) or "nothing any more",
                f"{one.since:%Y-%m-%d %H:%MZ}" if one.since else "",
                f"{one.released_at:%Y-%m-%d %H:%MZ}" if one.released_at else "",
            )
            for one in found
        ],
    )
    print_more(len(found), most)
    return None


@app.command()
@with_patience
def add(
    address: NewAddress,
    channel: Annotated[str, typer.Option("--channel", help="email, sms or post; needed.")] = "",
    legal: Annotated[bool, typer.Option("--legal", help="The law forbids it: not even recalls and order notices go there.")] = False,
    *,
    manner: Manner,
    patience: Patience,
) -> None:
    """Suppress an address: no marketing goes there any more, whoever knows it.

    Example: hub suppressions add erika@mail.example --channel email --why "asked by letter"
    """
    from contracts.addresses import address_key, hint
    from hub.operations import suppressions

    way = channel_of(channel)
    if way is None:
        raise InputError("--channel", CHANNELS)
    suppressions.check(way, address)
    what, key, shown = "anything" if legal else "marketing", address_key(way, address), hint(way, address)
    plan = Plan(
        told={"address": key, "hint": shown, "channel": way, "is_legal": legal},
        show=lambda: typer.echo(printable(f"{shown} ({key[:_SHOWN]}) would no longer get {what} by {way}.")),
        question="Suppress it?",
        ask=lambda: suppressions.add(operator(manner.why), way, address, is_legal=legal),
    )
    carry_out(plan, manner, patience)


@app.command()
@with_patience
def release(
    address: Address,
    reason: Reason = "",
    channel: Channel = "",
    *,
    manner: Manner,
    patience: Patience,
) -> None:
    """Release an address from one reason; for others that hold it stays suppressed.

    Example: hub suppressions release erika@mail.example --channel email --reason unknown_address --why "it works again"
    """
    from hub.operations import suppressions

    if not reason:
        raise InputError("--reason", "the reason that no longer holds (hub suppressions list)")
    found = ask(suppressions.one, channel_of(channel), address, reason)
    left = [other for other in found.reasons if other != reason]
    after = f"still suppressed: {', '.join(left)}" if left else "suppressed no longer"
    what = f"{found.hint or found.address[:_SHOWN]} by {found.channel}, {_letters(found)}: {after}."
    plan = Plan(
        told={**found._asdict(), "foretold": after},
        show=lambda: typer.echo(printable(what)),
        question="Release it?",
        ask=lambda: suppressions.release(operator(manner.why), found, reason),
    )
    carry_out(plan, manner, patience)


def _letters(one: "Suppressed") -> str:
    if one.is_barred:
        return "anything"
    return "marketing" if one.grantee == "*" else f"{one.purpose} by {one.grantee}"
