"""What a campaign has planned goes out once to each, not while it is paused, and never after its stop."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts import campaigns as said
from contracts.consents import CONSENT_GIVEN
from contracts.contract import Lineage
from contracts.topics import OEM_CAMPAIGNS, OEM_CRM, Topic
from tests.integration.test_planner import LATER, expanded
from tests.support.campaigning import Office, crowd, office, planner, settle
from tests.support.message_centre import Centre, Clock, CountingProvider

CLOSED = timedelta(minutes=6)
"""What is held back is looked at again by then."""


async def _goes_out(database: str, at: datetime) -> int:
    """How many mails a courier sends at a moment."""
    async with Centre(database, clock=Clock(at)) as centre:
        provider = CountingProvider()
        while await centre.lane(provider).turn(centre.db):
            pass
        assert len({parcel.address for parcel in provider.got}) == len(provider.got)
        return len(provider.got)


async def _states(here: Office) -> set[tuple[str, str | None]]:
    return {(row["state"], row["reason"]) for row in await here.engine.rows("deliveries")}


async def test_paused_it_goes_to_nobody_and_resumed_to_everybody_once(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(8))
        await here.releases("spring")
        await expanded(planner(LATER), here.engine.db)
        await here.says(said.CAMPAIGN_PAUSED, "spring")
        assert await _goes_out(database, LATER) == 0
        assert await _states(here) == {("planned", "campaign paused")}
        await here.says(said.CAMPAIGN_RESUMED, "spring")
        assert await _goes_out(database, LATER + CLOSED) == 8
        assert await _goes_out(database, LATER + 2 * CLOSED) == 0


async def test_stopped_in_the_middle_what_was_planned_is_cancelled(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(8))
        await here.releases("spring", per_hour=60)
        await planner(LATER, horizon=timedelta(minutes=3)).tick(here.engine.db)
        assert await _goes_out(database, LATER) == 1
        await here.says(said.CAMPAIGN_STOPPED, "spring")
        assert await _goes_out(database, LATER + timedelta(hours=1)) == 0
        assert await _states(here) == {("sent", None), ("cancelled", "campaign stopped")}


TO = {"recipient": "customer", "ref": "C1", "channel": "email", "who": "x", "why": "w"}
LETTER = {**TO, "purpose": "news", "text": "t", "expires_at": "2030-01-01T00:00:00Z"}
MADE_UP = {"signed_with": "0" * 16, "signature": "0" * 128}


@pytest.mark.parametrize(
    ("topic", "lineage", "body"),
    [
        pytest.param(OEM_CAMPAIGNS, said.MESSAGE_REQUESTED, LETTER, id="message"),
        pytest.param(OEM_CAMPAIGNS, said.CAMPAIGN_TESTED, {**TO, "campaign": "spring", "template": "t"}, id="copy"),
        pytest.param(OEM_CAMPAIGNS, said.CAMPAIGN_RESUMED, {"who": "x", "why": "w", **MADE_UP}, id="pass-that-nobody-knows"),
        pytest.param(OEM_CRM, CONSENT_GIVEN, {"channels": ["email"], "purposes": ["news"], "proof": {"where": "w"}}, id="crm"),
    ],
)
async def test_nobody_takes_a_pause_back_on_whatever_topic(
    database: str, topic: Topic, lineage: Lineage[Any], body: dict[str, Any]
) -> None:
    async with office(database) as here:
        await here.releases("spring")

        async def undoes(name: str) -> None:
            said_so = {**body, lineage.ref_field: name, "corrects": "o4"}
            await here.engine.apply([here.log.say(lineage, said_so, id=name, topic=topic.name, source="/oem/campaigns/mira")])

        await undoes("early")
        await here.says(said.CAMPAIGN_PAUSED, "spring")
        assert await here.engine.db.fetchval("SELECT event_id FROM journal WHERE type LIKE '%paused%'") == "o4"
        assert await here.status("spring") == "paused"
        await undoes("late")
        assert await here.status("spring") == "paused"
        assert await here.engine.db.fetchval("SELECT count(*) FROM corrections") == 2
