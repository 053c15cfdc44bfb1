"""Who says something of a campaign hears what it came to: whether it changed anything, and if not why."""

import json
from typing import Any

from contracts import campaigns as said
from contracts.contract import Lineage
from contracts.topics import OEM_CAMPAIGNS
from hub.consumers.campaigns import campaigns
from hub.operations.hearing import NOT_YET, CameTo, Said, hear
from hub.rules.campaigns import digest
from hub.stream.record import event_name
from tests.support.campaigning import Office, office


async def came_to(here: Office, lineage: Lineage[Any], name: str, who: str = "mira", **body: Any) -> CameTo:
    """Say it, and hear what became of it."""
    await here.says(lineage, name, who, **body)
    return await heard(here, here.log.records[OEM_CAMPAIGNS.name, 0][-1].headers)


async def heard(here: Office, headers: Any) -> CameTo:
    told = {key: (value or b"").decode() for key, value in headers}
    event = event_name(campaigns.name, OEM_CAMPAIGNS.principal(OEM_CAMPAIGNS.name), told["ce_source"], told["ce_id"])
    return await hear(here.engine.url, Said(told["ce_id"], event, campaigns), 0)


async def test_what_a_record_changed_or_why_it_changed_nothing_is_heard(database: str) -> None:
    async with office(database) as here:
        await here.prepares("spring")
        plan = {"prepared_by": "mira", "plan": digest(here.plans["spring"])}
        early = await came_to(here, said.CAMPAIGN_RELEASED, "spring", plan=plan["plan"])
        assert early == CameTo("kept", "not approved")
        assert (early.told, early.is_in_vain) == ("changed nothing: not approved", True)
        other = await came_to(here, said.CAMPAIGN_APPROVED, "spring", "jonas", **plan | {"plan": "0" * 64})
        assert other == CameTo("kept", "another plan than the one approved")
        done = await came_to(here, said.CAMPAIGN_APPROVED, "spring", "jonas", **plan)
        assert (done, done.told, done.is_in_vain) == (CameTo("done"), "done", False)
        again = await came_to(here, said.CAMPAIGN_APPROVED, "spring", "jonas", **plan)
        assert again == CameTo("kept", "already approved")


async def test_what_is_refused_holds_back_what_comes_after_and_both_are_told_why(database: str) -> None:
    async with office(database) as here:
        await here.prepares("spring")
        plan = {"prepared_by": "mira", "plan": digest(here.plans["spring"])}
        refused = await came_to(here, said.CAMPAIGN_APPROVED, "spring", "mira", **plan)
        assert refused == CameTo("refused", "who: somebody else than who prepared the campaign")
        held = await came_to(here, said.CAMPAIGN_APPROVED, "spring", "jonas", **plan)
        assert (held.standing, held.is_in_vain) == ("held", True)
        assert "hub dead-letters list" in held.advice
        assert await here.status("spring") == "prepared"
        done = await came_to(here, said.CAMPAIGN_STOPPED, "spring")
        assert done == CameTo("done"), "nobody has to wait who ends it"


async def test_what_waits_is_told_for_what(database: str) -> None:
    async with office(database) as here:
        early = await came_to(here, said.CAMPAIGN_PAUSED, "autumn")
        assert (early, early.told) == (CameTo("waits", "for campaign autumn"), "waits for campaign autumn")
        early = await came_to(here, said.CAMPAIGN_PREPARED, "winter", "nobody", **await _plan(here))
        assert (early.standing, early.words.startswith("for staff pass ")) == ("waits", True)


async def _plan(here: Office) -> dict[str, Any]:
    await here.prepares("summer")
    told = json.loads(here.plans["summer"].model_dump_json(exclude_none=True))
    return {name: value for name, value in told.items() if name not in {"occurred_at", "campaign", "who", "why"}}


async def test_what_nobody_has_folded_yet_is_said_to_be_so(database: str) -> None:
    async with office(database) as here:
        assert (await heard(here, [("ce_source", b"/oem/campaigns/mira"), ("ce_id", b"o99")])).standing == NOT_YET
