"""Prepare, approve, release, hold and end campaigns: each a record on oem.campaigns, under the name of who says it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from contracts.contract import Event, Lineage, findings
from contracts.topics import OEM_CAMPAIGNS
from hub.consumers.campaigns import campaigns as consumer
from hub.errors import HubError, InputError
from hub.operations.hearing import Said
from hub.producers.publisher import Publisher
from hub.rules.campaigns import Campaign
from hub.state import campaign_desk
from hub.state.campaign_desk import Standing
from hub.state.reading import snapshot
from hub.stream.record import event_name


async def say(options: Mapping[str, Any], lineage: Lineage[Any], body: Event, who: str) -> Said:
    """Publish one record of a campaign or message; raises HubError naming the topic where the broker does not take it."""
    name, source = str(uuid4()), f"/oem/campaigns/{who.strip()}"
    async with Publisher(options) as publisher:
        await publisher.require(OEM_CAMPAIGNS.name)
        await publisher.publish(OEM_CAMPAIGNS.name, lineage, body, source=source, id=name)
    return Said(name, event_name(consumer.name, OEM_CAMPAIGNS.principal(OEM_CAMPAIGNS.name), source, name), consumer)


async def listed(url: str) -> list[Standing]:
    """Every campaign with how far it is, the latest first."""
    async with snapshot(url) as look:
        return await campaign_desk.standings(look)


async def shown(url: str, name: str) -> Standing:
    """One campaign; raises InputError where there is none of that name."""
    async with snapshot(url) as look:
        found = await campaign_desk.standings(look, name)
    if not found:
        raise InputError("NAME", "a campaign that was prepared (hub campaigns list)", name)
    return found[0]


def make(lineage: Lineage[Any], head: Mapping[str, Any], said: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - the body of any lineage
    """An event's body; raises InputError with the path of what cannot be said."""
    try:
        return lineage.body.model_validate({**head, **(said or {})})
    except ValidationError as error:
        path, expected = findings(error)[0]
        raise InputError(path, expected) from None


def require(standing: Standing, verb: str, *, states: set[str]) -> Campaign:
    """The campaign, where it is in one of those states; raises HubError that says in which it is."""
    state = standing.campaign
    if state.status not in states:
        raise HubError(f"{standing.name} is {state.status}: only what is {' or '.join(sorted(states))} can be {verb}")
    return state


def head(name: str, who: str, why: str) -> dict[str, Any]:
    """What every act upon a campaign says."""
    return {"occurred_at": datetime.now(UTC), "campaign": name, "who": who, "why": why}
