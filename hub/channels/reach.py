"""Where a person can be reached: of what is known of them, the addresses that a provider could take, each written in one way."""

from collections.abc import Mapping

from contracts.values import Channel
from hub.channels.mail.address import checked
from hub.channels.sms.number import number_of
from hub.state.people import Addressee


def reach(who: Addressee, country: str) -> Mapping[Channel, str]:
    """The address for each channel that leads to them; a number without a country's code is one of theirs, or of `country`."""
    told: dict[Channel, str | None] = {
        "email": checked(who.email) if who.email else None,
        "sms": number_of(who.phone, who.country or country) if who.phone else None,
        "post": "\n".join(who.lines),
    }
    return {channel: address for channel, address in told.items() if address}
