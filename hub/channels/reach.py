"""Where a person can be reached: of what is known of them, the addresses that a provider could take, each written in one way."""

from collections.abc import Collection, Mapping

from contracts.values import Channel
from hub.channels.mail.address import checked
from hub.channels.post.address import address_lines
from hub.channels.sms.number import number_of
from hub.state.people import Addressee


def reach(who: Addressee, country: str, channels: Collection[Channel]) -> Mapping[Channel, str]:
    """The address for each of the channels that leads to them; what says no country is theirs, or of `country`.

    Only what is asked for is looked at: to read a number or an address takes as long as a whole delivery otherwise does.
    """
    told = {channel: _address(who, country, channel) for channel in channels}
    return {channel: address for channel, address in told.items() if address}


def _address(who: Addressee, country: str, channel: Channel) -> str | None:
    match channel:
        case "email":
            return checked(who.email) if who.email else None
        case "sms":
            return number_of(who.phone, who.country or country) if who.phone else None
        case "post":
            return "\n".join(address_lines(who.name, who.address, country) or ())
