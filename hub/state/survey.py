"""Judge people for a campaign, many at once: their addresses, what they agreed to, and whom it goes to already."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import cast

from contracts.addresses import address_key
from contracts.values import Channel
from hub.rules.campaigns import Campaign
from hub.rules.decision import dealer_of
from hub.rules.expansion import ONCE, PLANNED, Verdict, judge
from hub.rules.frequency import CAPPED, Frequency
from hub.rules.notices import OEM, Nature, Person
from hub.rules.permission import counts_as_marketing, refusal
from hub.rules.windows import Limit
from hub.state import campaigns, claims, people
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
    day: date = ONCE,
    taken: set[Address] | None = None,
    cap: Limit | None = None,
) -> list[Judged]:
    """What becomes of each, in their order.

    Whom the campaign goes to already on that day is looked up by its name, unless `taken` holds their addresses: a preview's own,
    which grows.
    With a `cap` it is told as well what a claim would keep back at that moment; what is planned may go later, so a planner has none.
    """
    who = await people.addressees(connection, persons)
    keys = {person: _keys(campaign, reach(who[person], channels_of(campaign))) for person in persons}
    if taken is None:
        taken = await campaigns.taken(connection, name, [address for person in persons for address in keys[person].items()], day)
    wishes = [
        Wish(*person, channel, campaign.purpose, grantee(campaign, person), key)
        for person in persons
        for channel, key in keys[person].items()
    ]
    found = await standings(connection, wishes, at)
    nature = cast("Nature", campaign.nature)
    objections = {(wish[:3], wish.channel): refusal(standing, nature) for wish, standing in zip(wishes, found, strict=True)}
    counted = {(wish[:3], wish.channel) for wish, standing in zip(wishes, found, strict=True) if counts_as_marketing(standing, nature)}
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
    return judged if cap is None else await _capped(connection, judged, counted, cap, at)


async def _capped(
    connection: Connection, judged: Sequence[Judged], counted: Collection[tuple[tuple[str, ...], str]], cap: Limit, at: datetime
) -> list[Judged]:
    """The same, where what is one too many for a person is kept back."""

    def is_one(one: Judged, verdict: Verdict) -> bool:
        return verdict.outcome == PLANNED and (tuple(one.person), verdict.channel) in counted

    persons = [one.person for one in judged if any(is_one(one, verdict) for verdict in one.verdicts)]
    frequency = Frequency(await claims.recent(connection, persons, at - cap.within), cap, at)
    return [
        one._replace(
            verdicts=tuple(
                verdict._replace(outcome=CAPPED) if is_one(one, verdict) and frequency.again_at(one.person) is not None else verdict
                for verdict in one.verdicts
            )
        )
        for one in judged
    ]


def _keys(campaign: Campaign, addresses: Mapping[Channel, str]) -> dict[Channel, str]:
    """The keys of a person's addresses on the campaign's channels."""
    return {channel: address_key(channel, addresses[channel]) for channel in channels_of(campaign) if channel in addresses}
