"""The word `hub message send`: one mail or SMS to one person."""

import sys
from datetime import datetime
from typing import Annotated

import typer

from hub.cli.acting import ask
from hub.cli.printing import counted
from hub.cli.saying import Saying, say, with_saying

app = typer.Typer(no_args_is_help=True, help="Messages to one person, from the same ledger as everything else that leaves the house.")


@app.command()
@with_saying
def send(
    to: Annotated[str, typer.Argument(metavar="KIND:DEALER/REF", help="Whom: customer:ber-01/C-1042, contact:ber-01/P-2001.")],
    text: Annotated[str, typer.Option("--text", help="What to say; - reads it from standard input.")],
    title: Annotated[str, typer.Option("--title", help="The subject of a mail.")] = "",
    channel: Annotated[str, typer.Option("--channel", help="email or sms.")] = "email",
    purpose: Annotated[str, typer.Option("--purpose", help="What it is for, as consents name it.")] = "correspondence",
    is_marketing: Annotated[
        bool, typer.Option("--marketing", help="It is marketing: consent, quiet hours and the frequency cap hold.")
    ] = False,
    for_dealer: Annotated[
        bool, typer.Option("--for-dealer", help="In the name of the dealer who knows the person, not the OEM's.")
    ] = False,
    document: Annotated[list[str] | None, typer.Option("--document", metavar="ID@VERSION", help="A sales document to go along.")] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Not worth saying after (UTC); without: in two days."),
    ] = None,
    *,
    how: Saying,
) -> None:
    """Send one mail or SMS to one person; whether they may be written to is looked at once more when it goes.

    Example: hub message send contact:ber-01/P-2001 --title "Your price list" --text "As you asked." --why "asked for"
    """
    from datetime import UTC, timedelta
    from uuid import uuid4

    from contracts.campaigns import MESSAGE_REQUESTED
    from hub.channels.sms.segments import segments
    from hub.errors import HubError, InputError
    from hub.operations.campaign_checks import named
    from hub.operations.campaigns import make
    from hub.operations.messages import recipient
    from hub.rules.messages import TEMPLATE
    from hub.settings import Settings

    if channel not in {"email", "sms"}:
        raise InputError("--channel", "email or sms", channel)
    if channel == "email" and not title:
        raise InputError("--title", "the subject of the mail")
    words, now = sys.stdin.read() if text == "-" else text, datetime.now(UTC)
    if not words.strip():
        raise InputError("--text", "what to say")
    told = {
        "message": f"M-{uuid4().hex[:12]}",
        "channel": channel,
        "purpose": purpose,
        "nature": "marketing" if is_marketing else "transactional",
        "grantee": "dealer" if for_dealer else "oem",
        "title": title or None,
        "text": words,
        "documents": tuple(document or ()),
        "expires_at": until.replace(tzinfo=UTC) if until else now + timedelta(days=2),
        **ask(recipient, to, channel, "KIND:DEALER/REF", Settings().courier_country),
    }
    body = make(MESSAGE_REQUESTED, {"occurred_at": now, "who": how.signer().who, "why": how.why or "-"}, told)
    faults = ask(named, TEMPLATE, purpose, body.documents, [body.channel], {"text", "title"} if title else {"text"}).faults
    if faults:
        raise HubError("\n     ".join(faults))

    def show() -> None:
        sms = segments(words) if channel == "sms" else None
        size = f", {counted(sms.parts, 'segment')} in {sms.encoding}" if sms else ""
        typer.echo(f"{body.message}: by {channel} to {to}, for {purpose}{size}.")

    say(MESSAGE_REQUESTED, body, "Send it?", how, show=show)
