"""A preview counts whom the frequency cap would keep back: those, and only those, whom a claim of that moment does keep back."""

import json
from collections import Counter
from datetime import timedelta
from random import Random
from typing import cast

import pytest

from contracts.campaigns import CampaignPrepared
from contracts.values import Channel
from hub.channels.reach import reach
from hub.operations.campaign_preview import Sending, preview
from hub.rules.campaigns import Campaign, draft
from hub.rules.frequency import CAPPED
from hub.rules.links import Links
from hub.rules.notices import Person
from hub.rules.windows import Limit
from hub.state.survey import survey
from tests.support.driver import SEED
from tests.support.message_centre import Centre
from tests.support.notices import NOON, a_notice

DAY = timedelta(days=1)
CAP = Limit(2, 7 * DAY)
CHANNELS: tuple[Channel, ...] = ("email", "sms")


def campaign(**other: object) -> Campaign:
    head = {"occurred_at": NOON.isoformat(), "campaign": "spring", "who": "mira", "why": "test", "title": "Spring", "audience": "customers"}
    what = {
        "channels": CHANNELS,
        "reach": "every",
        "template": "spring",
        "purpose": "newsletter",
        "nature": "marketing",
        "grantee": "dealer",
    }
    until = {"expires_at": (NOON + 30 * DAY).isoformat()}
    return draft(CampaignPrepared.model_validate_json(json.dumps({**head, **what, **until, **other})))


async def gets(centre: Centre, ref: str, key: str, state: str, ago: timedelta, *, is_counted: bool) -> None:
    """Something went, or may have gone, to a customer so long ago."""
    await centre.plan(a_notice(key, ref))
    await centre.db.execute(
        "UPDATE deliveries SET state = $2, started_at = $3, changed_at = $3, is_counted = $4 WHERE dedupe_key = $1",
        key,
        state,
        NOON - ago,
        is_counted,
    )


@pytest.mark.parametrize("nature", ["marketing", "transactional"])
async def test_a_preview_keeps_back_whom_the_claim_keeps_back(database: str, nature: str) -> None:
    random = Random(SEED)
    refs = [f"C-{n}" for n in range(30)]
    async with Centre(database, cap=CAP.most) as centre:
        await centre.people(*refs)
        await centre.purpose(is_marketing=nature == "marketing")
        for n, ref in enumerate(refs):
            await centre.customer(ref, phone=f"+49 30 23125 {100 + n}")
            for m in range(random.randrange(4)):
                state = random.choice(["sent", "sent", "unknown", "failed", "claimed"])
                ago = random.choice([DAY, 6 * DAY, 7 * DAY, 8 * DAY])
                await gets(centre, ref, f"before/{ref}/{m}", state, ago, is_counted=random.random() < 0.8)
        plan, persons = campaign(nature=nature), [Person("dealer:ber-001", "customer", ref) for ref in refs]
        judged = await survey(
            centre.db, "spring", plan, persons, NOON, reach=lambda who, channels: reach(who, "DE", channels), taken=set(), cap=CAP
        )
        outcomes = {(one.person.ref, verdict.channel): verdict.outcome for one in judged for verdict in one.verdicts}
        counted = (await preview(database, "spring", plan, None, Sending("DE", CAP, Links("", b"")), now=NOON)).outcomes

        await centre.plan(*(a_notice(f"k/{ref}/{channel}", ref, channel=channel, nature=nature) for ref in refs for channel in CHANNELS))
        claimed = set[tuple[str, str]]()
        for channel in CHANNELS:
            hand = await centre.desk.take(centre.db, channel, "p", 400)
            claimed |= {(one.due.person.ref, channel) for one in hand.claimed}
        capped = {
            (ref, cast("str", channel))
            for ref, channel, reason, key in await centre.ledger("person", "channel", "reason", "dedupe_key")
            if reason == CAPPED and key.startswith("k/")
        }
        assert {place for place, outcome in outcomes.items() if outcome == "planned"} == claimed
        assert {place for place, outcome in outcomes.items() if outcome == CAPPED} == capped
        assert counted == Counter((channel, outcome) for (_, channel), outcome in outcomes.items())
        assert bool(capped) == (nature == "marketing")
