"""Judge people for a campaign, many at once: their addresses, what they agreed to, and whom it goes to already."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import cast

from contracts.addresses import address_key
from contracts.values import Channel
from hub.rules.campaigns import Campaign
from hub.rules.decision import dealer_of
from hub.rules.expansion import PLANNED, judge
from hub.rules.notices import OEM, Nature, Person
from hub.rules.permission import refusal
from hub.state import campaigns, people
from hub.state.campaigns import Judged
from hub.state.consents import Wish, standings
from hub.state.people import Addressee
from hub.state.store import Connection

Address = tuple[Channel, str]
"""A channel, and the key of an address on it."""

Reach = Callable[[Addressee, Collection[Channel]], Mapping[Channel, str]]
"""The address for each of some channels that leads to somebody, as whoever sends there would take it."""


def grantee(campaign: Campaign, person: Person) -> str:
    """In whose name a person is written to: the OEM's, or that of the dealer who knows them."""
    return OEM if campaign.grantee == OEM else dealer_of(person.principal)


def channels_of(campaign: Campaign) -> list[Channel]:
    """Its channels, typed."""
    return cast("list[Channel]", campaign.channels)


async def survey(
    connection: Connection,
    name: str,
    campaign: Campaign,
    persons: Sequence[Person],
    at: datetime,
    *,
    reach: Reach,
    taken: set[Address] | None = None,
) -> list[Judged]:
    """What becomes of each, in their order.

    Whom the campaign goes to already is looked up by its name, unless `taken` holds their addresses: a preview's own, which grows.
    """
    who = await people.addressees(connection, persons)
    keys = {person: _keys(campaign, reach(who[person], channels_of(campaign))) for person in persons}
    if taken is None:
        taken = await campaigns.taken(connection, name, [address for person in persons for address in keys[person].items()])
    wishes = [
        Wish(*person, channel, campaign.purpose, grantee(campaign, person), key)
        for person in persons
        for channel, key in keys[person].items()
    ]
    found = await standings(connection, wishes, at)
    nature = cast("Nature", campaign.nature)
    objections = {(wish[:3], wish.channel): refusal(standing, nature) for wish, standing in zip(wishes, found, strict=True)}
    judged = []
    for person in persons:
        verdicts = tuple(
            judge(
                channels_of(campaign),
                gone=who[person].gone,
                is_every=campaign.reach == "every",
                keys=keys[person],
                objections={channel: objections[person, channel] for channel in keys[person]},
                is_taken=lambda channel, key: (channel, key) in taken,
            )
        )
        taken.update((cast("Channel", verdict.channel), verdict.key) for verdict in verdicts if verdict.outcome == PLANNED)
        judged.append(Judged(person, who[person], verdicts))
    return judged


def _keys(campaign: Campaign, addresses: Mapping[Channel, str]) -> dict[Channel, str]:
    """The keys of a person's addresses on the campaign's channels."""
    return {channel: address_key(channel, addresses[channel]) for channel in channels_of(campaign) if channel in addresses}
