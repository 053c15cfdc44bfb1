"""Messages to one person: whom a person at the command line means, and whether they can be reached."""

from typing import Any, cast

from contracts.values import Channel, PersonKind
from hub.channels.reach import reach
from hub.errors import HubError, InputError
from hub.operations.audiences import looking
from hub.rules.claiming import CHANNELS
from hub.rules.decision import dealer_of
from hub.rules.messages import owner
from hub.rules.notices import OEM, Person
from hub.state import people

_KINDS = ("customer", "contact", "prospect")


def person(text: str, option: str) -> Person:
    """Read `KIND:DEALER/REF`; raises InputError."""
    kind, _, known = text.partition(":")
    dealer, slash, ref = known.partition("/")
    if kind not in _KINDS or not slash or not dealer or not ref:
        raise InputError(option, f"KIND:DEALER/REF, where KIND is one of {', '.join(_KINDS)} and DEALER may be oem", text)
    return Person(owner(dealer), cast("PersonKind", kind), ref)


async def recipient(url: str, text: str, channel: str, option: str, country: str) -> dict[str, Any]:
    """The person as an event names them; raises HubError where nobody is known so, or the channel does not reach them."""
    one = person(text, option)
    async with looking(url) as connection:
        who = (await people.addressees(connection, [one]))[one]
    if who is people.NOBODY:
        raise InputError(option, f"a {one.kind} that is known (hub show)", text)
    if who.gone is not None:
        raise HubError(f"{text}: nobody is there to be told ({who.gone})")
    addresses = reach(who, country, CHANNELS)
    if cast("Channel", channel) not in addresses:
        raise HubError(f"{text}: no address for {channel}; there is {', '.join(addresses) or 'none at all'}")
    dealer = dealer_of(one.principal)
    return {"recipient": one.kind, "dealer": None if dealer == OEM else dealer, "ref": one.ref}
