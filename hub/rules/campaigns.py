"""How a campaign follows from what people of the OEM say of it: prepared, approved by another, released, held or ended."""

import hashlib
import json
from datetime import datetime
from typing import Any, NamedTuple, cast

from contracts.campaigns import (
    Audience,
    CampaignApproved,
    CampaignEvent,
    CampaignPaused,
    CampaignPrepared,
    CampaignReleased,
    CampaignResumed,
    CampaignStopped,
)
from hub.rules.audience import Unfit, Where, conditions
from hub.rules.decision import Change, Decision, Facts, Keep, Reject, Wait
from hub.rules.passes import covers, takes_back, unproven

_OUT = frozenset({"released", "paused", "stopped"})
_ENVELOPE = {"occurred_at", "revision", "corrects", "who", "why", "signed_with", "signature"}

_OF_REPEAT = {"repeat", "leap_day"}
"""What a campaign that goes out once leaves unsaid: those of before there was any other keep their digest."""


class Campaign(NamedTuple):
    """A campaign; `status` is prepared, approved, released, paused or stopped; `plan` is the digest of all that was prepared.

    With `repeat` it goes out day after day, to those whose birthday it is. `why` is the last reason that somebody gave. What was
    released in the past (`is_past`) goes to nobody.
    """

    status: str
    title: str
    plan: str
    audience: str
    conditions: dict[str, Any]
    channels: list[str]
    reach: str
    template: str
    purpose: str
    nature: str
    grantee: str
    documents: list[str]
    per_hour: int | None
    opens: str | None
    closes: str | None
    zone: str
    not_before: datetime | None
    expires_at: datetime
    prepared_by: str
    prepared_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    released_by: str | None
    released_at: datetime | None
    resumed_at: datetime | None
    why: str
    is_past: bool
    repeat: str | None = None
    leap_day: str = "before"


def digest(event: CampaignPrepared) -> str:
    """What is approved, in one word: the SHA-256 of all that the campaign is, but for who prepared it, when and why."""
    told = event.model_dump(mode="json", exclude=_ENVELOPE if event.repeat else _ENVELOPE | _OF_REPEAT)
    told["conditions"] = json.loads(event.conditions) if event.conditions else {}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def audience_of(campaign: Campaign) -> tuple[Audience, Where]:
    """Whom a campaign is for, typed again."""
    audience = cast("Audience", campaign.audience)
    return audience, conditions(audience, json.dumps(campaign.conditions))


def same_person(one: str, other: str) -> bool:
    """Whether two logins are one person's, however they were typed."""
    return one.strip().casefold() == other.strip().casefold()


def objection(event: CampaignPrepared) -> Reject | None:
    """What cannot be right in a campaign, whatever was said of it before."""
    try:
        conditions(event.audience, event.conditions)
    except Unfit as error:
        path, expected = error.faults[0]
        return Reject(f"conditions.{path}" if path else "conditions", expected)
    checks = (
        (len(set(event.channels)) == len(event.channels), "channels", "each channel once"),
        ((event.opens is None) == (event.closes is None), "closes", "both ends of the window, or neither"),
        (not (event.opens and event.closes) or event.opens < event.closes, "closes", "a time of day after the one at which it opens"),
        (event.repeat is None or event.audience == "customers", "repeat", "the audience customers: of nobody else a birthday is known"),
        (event.not_before is None or event.not_before < event.expires_at, "expires_at", "a moment after not_before"),
    )
    return next((Reject(path, expected) for is_right, path, expected in checks if not is_right), None)


def prepared(state: Campaign | None, event: CampaignPrepared, facts: Facts) -> Decision[Campaign]:
    """Prepared again, by who could have prepared what it was, it needs approval again; what is out stays as it was approved."""
    wrong = objection(event) or unproven(event, "prepare", facts)
    if wrong is not None:
        return wrong
    fresh = draft(event)
    if not covers(event, facts, fresh.conditions):
        return Reject("conditions.dealer", "dealers of the pass, and no others")
    if state is not None and state.status in _OUT:
        return Keep(f"already {state.status}")
    if state is not None and not covers(event, facts, state.conditions):
        return Keep("prepared anew with a pass for other dealers")
    if state is not None and state.plan == fresh.plan and same_person(state.prepared_by, event.who):
        return Keep("prepared just so already")
    return Change(fresh)


def draft(event: CampaignPrepared) -> Campaign:
    """The campaign that a plan makes, were nothing known of it."""
    return Campaign(
        status="prepared",
        title=event.title,
        plan=digest(event),
        audience=event.audience,
        conditions=json.loads(event.conditions) if event.conditions else {},
        channels=list(event.channels),
        reach=event.reach,
        template=event.template,
        purpose=event.purpose,
        nature=event.nature,
        grantee=event.grantee,
        documents=list(event.documents),
        per_hour=event.per_hour,
        opens=event.opens,
        closes=event.closes,
        zone=event.zone,
        not_before=event.not_before,
        expires_at=event.expires_at,
        prepared_by=event.who,
        prepared_at=event.occurred_at,
        approved_by=None,
        approved_at=None,
        released_by=None,
        released_at=None,
        resumed_at=None,
        why=event.why,
        is_past=False,
        repeat=event.repeat,
        leap_day=event.leap_day,
    )


def approved(state: Campaign | None, event: CampaignApproved, facts: Facts) -> Decision[Campaign]:
    """By another person than who prepared it, and for exactly the plan that was shown: a changed one needs a new look."""
    wrong = unproven(event, "approve", facts)
    if same_person(event.who, event.prepared_by):
        wrong = Reject("who", "somebody else than who prepared the campaign")
    if wrong is not None:
        return wrong
    if state is None:
        return Wait("campaign", facts.subject.ref)
    checks = (
        (state.plan == event.plan, "another plan than the one approved"),
        (not same_person(event.who, state.prepared_by), "approved by who prepared it"),
        (covers(event, facts, state.conditions), "approved with a pass for other dealers"),
        (state.status == "prepared", f"already {state.status}"),
    )
    pointless = next((Keep(reason) for is_right, reason in checks if not is_right), None)
    return pointless or Change(state._replace(status="approved", approved_by=event.who, approved_at=event.occurred_at, why=event.why))


def released(state: Campaign | None, event: CampaignReleased, facts: Facts) -> Decision[Campaign]:
    """Only what is approved goes out, as it was shown to who releases it, and by another person than who approved it."""
    wrong = unproven(event, "release", facts)
    if wrong is not None:
        return wrong
    if state is None:
        return Wait("campaign", facts.subject.ref)
    checks = (
        (state.status == "approved", "not approved" if state.status == "prepared" else f"already {state.status}"),
        (event.plan in {None, state.plan}, "another plan than the one released"),
        (not same_person(event.who, state.approved_by or ""), "released by who approved it"),
        (covers(event, facts, state.conditions), "released with a pass for other dealers"),
    )
    pointless = next((Keep(reason) for is_right, reason in checks if not is_right), None)
    return pointless or Change(
        state._replace(status="released", released_by=event.who, released_at=event.occurred_at, why=event.why, is_past=facts.is_historical)
    )


def paused(state: Campaign | None, event: CampaignPaused, facts: Facts) -> Decision[Campaign]:
    """What is planned stays planned, and goes to nobody meanwhile. Nobody needs a pass for it."""
    return takes_back(event) or _moved(state, event, facts, {"released"}, "paused")


def resumed(state: Campaign | None, event: CampaignResumed, facts: Facts) -> Decision[Campaign]:
    """From now on at its pace: the time that it stood still is not made up for."""
    wrong = unproven(event, "release", facts)
    if wrong is not None:
        return wrong
    if state is not None and not covers(event, facts, state.conditions):
        return Keep("resumed with a pass for other dealers")
    decision = _moved(state, event, facts, {"paused"}, "released")
    if isinstance(decision, Change):
        return Change(decision.state._replace(resumed_at=event.occurred_at))
    return decision


def stopped(state: Campaign | None, event: CampaignStopped, facts: Facts) -> Decision[Campaign]:
    """For good, at any stage, and without a pass."""
    return takes_back(event) or _moved(state, event, facts, {"prepared", "approved", "released", "paused"}, "stopped")


def _moved(state: Campaign | None, event: CampaignEvent, facts: Facts, origins: set[str], target: str) -> Decision[Campaign]:
    if state is None:
        return Wait("campaign", facts.subject.ref)
    if state.status not in origins:
        return Keep(f"is {state.status}")
    return Change(state._replace(status=target, why=event.why))
