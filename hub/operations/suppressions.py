"""What an operator can do about suppressed addresses: look at them, suppress one, release one."""

import re
from uuid import uuid4

from contracts.acts import SUPPRESSION_ADDED, SUPPRESSION_RELEASED
from contracts.addresses import address_key, hint, written_alike
from contracts.values import Channel
from hub.channels.mail.address import checked
from hub.channels.sms.number import is_number
from hub.errors import InputError
from hub.operations.acts import Operator
from hub.operations.asked import Asked, ask
from hub.rules.consents import ANY
from hub.rules.suppressions import REASONS
from hub.state import consent_desk
from hub.state.consent_desk import Suppressed
from hub.state.reading import snapshot

CONSUMER = "campaigns"
_KEY = re.compile(r"[0-9a-f]{8,64}\Z")
_MOST = 1_000

EXPECTED: dict[Channel, str] = {
    "email": "an address such as ada@mail.example",
    "sms": "a number with its country, such as +491701234567",
    "post": "where letters go: street, place and country",
}
"""What an address of each channel looks like."""


def key_of(channel: Channel | None, address: str) -> str:
    """The key of an address, or the beginning of one, as it was given; raises InputError where it is neither."""
    if _KEY.match(address):
        return address
    if channel is None:
        raise InputError("--channel", "email, sms or post, with an address")
    return address_key(channel, address)


async def find(
    url: str, *, address: str = "", channel: Channel | None = None, reason: str = "", is_released: bool, most: int
) -> list[Suppressed]:
    """Suppressed addresses, or those that no longer are; raises InputError for a reason that is none."""
    if reason and reason not in REASONS:
        raise InputError("--reason", f"one of {', '.join(REASONS)}", reason)
    key = key_of(channel, address) if address else ""
    async with snapshot(url) as moment:
        return await consent_desk.suppressed(moment, address=key, channel=channel or "", reason=reason, is_released=is_released, most=most)


async def one(url: str, channel: Channel | None, address: str, reason: str) -> Suppressed:
    """The one suppression for that reason; raises InputError where there is none or there are several."""
    found = await find(url, address=address, channel=channel, reason=reason, is_released=False, most=_MOST)
    if len(found) != 1:
        raise InputError("ADDRESS", f"one address that is suppressed for {reason} (hub suppressions list); there are {len(found)}")
    return found[0]


def check(channel: Channel, address: str) -> None:
    """Raise InputError for what is no address of that channel: suppressed by a slip, it would keep nobody from being written to."""
    found = written_alike(channel, address)
    if not (checked(found) if channel == "email" else is_number(found) if channel == "sms" else found):
        raise InputError("ADDRESS", EXPECTED[channel], address)


def add(operator: Operator, channel: Channel, address: str, *, is_legal: bool) -> Asked:
    """Ask for an address to be left alone; the record of it does not hold the address."""
    fields = {
        "consumer": CONSUMER,
        "channel": channel,
        "address": address_key(channel, address),
        "hint": hint(channel, address),
        "is_legal": is_legal,
    }
    return ask(operator, SUPPRESSION_ADDED, {uuid4(): fields})


def release(operator: Operator, found: Suppressed, reason: str) -> Asked:
    """Ask for one reason to hold no longer."""
    scope = {name: value for name, value in (("purpose", found.purpose), ("grantee", found.grantee)) if value != ANY}
    fields = {"consumer": CONSUMER, "channel": found.channel, "address": found.address, "reason": reason, **scope}
    return ask(operator, SUPPRESSION_RELEASED, {uuid4(): fields})
