"""A campaign goes out only as somebody else approved it, whatever was said, and in whatever order it arrived."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts import campaigns as said
from contracts.contract import Event, Lineage
from hub.rules import campaigns as rules
from hub.rules.basedata import BaseData
from hub.rules.campaigns import Campaign, digest
from hub.rules.decision import Change, Facts, Keep, Reject, Subject, Wait
from hub.rules.folding import Told, fold_all
from hub.rules.passes import signed
from tests.support.passes import a_pass, secret

E = TypeVar("E", bound=said.CampaignEvent)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SUBJECT = Subject("oem", "spring")
PEOPLE = ["mira", "jonas"]
BASE = BaseData([a_pass("mira"), a_pass("jonas")])
FACTS = Facts(SUBJECT, BASE)
RULES: dict[Lineage[Any], Any] = {
    said.CAMPAIGN_PREPARED: rules.prepared,
    said.CAMPAIGN_APPROVED: rules.approved,
    said.CAMPAIGN_RELEASED: rules.released,
    said.CAMPAIGN_PAUSED: rules.paused,
    said.CAMPAIGN_RESUMED: rules.resumed,
    said.CAMPAIGN_STOPPED: rules.stopped,
}
WHO = st.sampled_from(PEOPLE)


def prepared(who: str = "mira", **other: Any) -> said.CampaignPrepared:
    body = {
        "occurred_at": NOON,
        "campaign": "spring",
        "who": who,
        "why": "w",
        "title": "Spring",
        "audience": "customers",
        "channels": ("email",),
        "template": "spring",
        "purpose": "news",
        "expires_at": NOON + timedelta(days=30),
    }
    return _signed(said.CampaignPrepared.model_validate(body | other))


def _signed(event: E) -> E:
    """Signed by whom it names; what another would sign is tried in test_passes.py."""
    return signed(event, secret(event.who))  # type: ignore[return-value]


PLANS = [prepared(), prepared(title="Another")]


def act(lineage: Lineage[Any], who: str = "mira", hours: float = 1, **other: Any) -> Event:
    body = {"occurred_at": NOON + timedelta(hours=hours), "campaign": "spring", "who": who, "why": "w", **other}
    return _signed(TypeAdapter(lineage.body).validate_python(body))


def approved(who: str = "jonas", hours: float = 1, plan: said.CampaignPrepared = PLANS[0], by: str = "mira") -> Event:
    return act(said.CAMPAIGN_APPROVED, who, hours, prepared_by=by, plan=digest(plan))


def folded(*events: tuple[Lineage[Any], Event], past: bool = False) -> Campaign | None:
    told = [Told(UUID(int=n), 0, lineage, body, "/oem", f"e{n}", past) for n, (lineage, body) in enumerate(events)]
    return fold_all(SUBJECT, RULES, BASE, told).state  # type: ignore[no-any-return]


# what is signed is signed once: hypothesis asks for the same again and again
_prepared = cache(lambda title, who, hours: prepared(who, title=title, occurred_at=NOON + timedelta(hours=hours)))
_approved = cache(lambda who, hours, plan, by: approved(who, hours, PLANS[plan], by))
_act = cache(lambda name, who, hours: act(next(one for one in RULES if one.name == name), who, hours))


@st.composite
def tellings(draw: st.DrawFn) -> list[Told]:
    """Some of what people may say of a campaign."""
    told = []
    for n in range(draw(st.integers(0, 9))):
        lineage, hours = draw(st.sampled_from(list(RULES))), draw(st.integers(0, 5))
        if lineage is said.CAMPAIGN_PREPARED:
            body: Event = _prepared(draw(st.sampled_from(["Spring", "Another"])), draw(WHO), hours)
        elif lineage is said.CAMPAIGN_APPROVED:
            body = _approved(draw(WHO), hours, draw(st.sampled_from([0, 1])), draw(WHO))
        else:
            body = _act(lineage.name, draw(WHO), hours)
        told.append(Told(UUID(int=n), 0, lineage, body, "/oem", f"e{n}", draw(st.booleans())))
    return told


@given(tellings(), st.data())
@settings(max_examples=200, deadline=None)
def test_the_state_is_the_same_in_whatever_order_events_are_told(told: list[Told], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(told))
    assert fold_all(SUBJECT, RULES, BASE, shuffled)[:3] == fold_all(SUBJECT, RULES, BASE, told)[:3]


@given(tellings())
@settings(max_examples=300, deadline=None)
def test_nothing_is_released_that_somebody_else_has_not_approved_as_it_is(told: Sequence[Told]) -> None:
    state = fold_all(SUBJECT, RULES, BASE, told).state
    if state is not None and state.status in {"released", "paused"}:
        assert state.approved_by is not None
        assert not rules.same_person(state.approved_by, state.prepared_by)
        assert any(isinstance(one.body, said.CampaignApproved) and one.body.plan == state.plan for one in told)


@given(tellings())
@settings(max_examples=150, deadline=None)
def test_what_is_refused_is_refused_in_every_state(told: list[Told]) -> None:
    state = fold_all(SUBJECT, RULES, BASE, told[:-1]).state
    for one in told[-1:]:
        verdicts = [RULES[one.lineage](before, one.body, FACTS) for before in (None, state)]
        assert isinstance(verdicts[0], Reject) == isinstance(verdicts[1], Reject)
        assert all(isinstance(verdict, Change | Keep | Wait | Reject) for verdict in verdicts)


@pytest.mark.parametrize("who", ["mira", "MIRA", "Mira"])
def test_who_prepared_it_cannot_approve_it(who: str) -> None:
    assert rules.approved(None, approved(who), FACTS) == Reject("who", "somebody else than who prepared the campaign")
    lying = approved(who, by="somebody")
    base = BaseData([a_pass("mira"), a_pass(who)])
    assert rules.approved(rules.draft(PLANS[0]), lying, Facts(SUBJECT, base)) == Keep("approved by who prepared it")
    state = folded((said.CAMPAIGN_PREPARED, PLANS[0]), (said.CAMPAIGN_APPROVED, approved("mira", by="somebody")))
    assert state is not None
    assert state.status == "prepared"


def test_who_approved_it_cannot_release_it() -> None:
    life = ((said.CAMPAIGN_PREPARED, PLANS[0]), (said.CAMPAIGN_APPROVED, approved()))
    by = [folded(*life, (said.CAMPAIGN_RELEASED, act(said.CAMPAIGN_RELEASED, who, hours=2))) for who in ("jonas", "mira")]
    assert [state and state.status for state in by] == ["approved", "released"]


def test_a_plan_changed_after_the_approval_needs_another_one() -> None:
    changed = prepared(title="Another", occurred_at=NOON + timedelta(hours=2))
    released = act(said.CAMPAIGN_RELEASED, hours=3)
    state = folded(
        (said.CAMPAIGN_PREPARED, PLANS[0]),
        (said.CAMPAIGN_APPROVED, approved()),
        (said.CAMPAIGN_PREPARED, changed),
        (said.CAMPAIGN_RELEASED, released),
    )
    assert state is not None
    assert (state.status, state.title) == ("prepared", "Another")


@pytest.mark.parametrize(("shown", "status"), [(PLANS[0], "approved"), (PLANS[1], "released"), (None, "released")])
def test_only_the_plan_that_was_shown_is_released(shown: said.CampaignPrepared | None, status: str) -> None:
    """Another one was prepared and approved in between, or dated back; who names none releases what is approved."""
    named = {"plan": digest(shown)} if shown else {}
    state = folded(
        (said.CAMPAIGN_PREPARED, PLANS[0]),
        (said.CAMPAIGN_APPROVED, approved()),
        (said.CAMPAIGN_PREPARED, prepared(title="Another", occurred_at=NOON + timedelta(hours=2))),
        (said.CAMPAIGN_APPROVED, approved(hours=3, plan=PLANS[1])),
        (said.CAMPAIGN_RELEASED, act(said.CAMPAIGN_RELEASED, hours=4, **named)),
    )
    assert state is not None
    assert (state.status, state.title) == (status, "Another")


def test_a_life() -> None:
    steps = [
        (said.CAMPAIGN_PREPARED, PLANS[0]),
        (said.CAMPAIGN_APPROVED, approved()),
        (said.CAMPAIGN_RELEASED, act(said.CAMPAIGN_RELEASED, hours=2)),
        (said.CAMPAIGN_PAUSED, act(said.CAMPAIGN_PAUSED, hours=3)),
        (said.CAMPAIGN_RESUMED, act(said.CAMPAIGN_RESUMED, hours=4)),
        (said.CAMPAIGN_STOPPED, act(said.CAMPAIGN_STOPPED, hours=5)),
        (said.CAMPAIGN_RESUMED, act(said.CAMPAIGN_RESUMED, hours=6)),
    ]
    lives = [folded(*steps[:end]) for end in range(1, len(steps) + 1)]
    assert [life and life.status for life in lives] == ["prepared", "approved", "released", "paused", "released", "stopped", "stopped"]


def test_what_was_released_in_the_past_goes_to_nobody() -> None:
    life = (
        (said.CAMPAIGN_PREPARED, PLANS[0]),
        (said.CAMPAIGN_APPROVED, approved()),
        (said.CAMPAIGN_RELEASED, act(said.CAMPAIGN_RELEASED, hours=2)),
    )
    assert [state and state.is_past for state in (folded(*life, past=True), folded(*life))] == [True, False]


@pytest.mark.parametrize(
    ("other", "path"),
    [
        ({"conditions": '{"status": {"is": "activ"}}'}, "conditions.status.is"),
        ({"conditions": "["}, "conditions"),
        ({"channels": ("email", "email")}, "channels"),
        ({"opens": "08:00"}, "closes"),
        ({"repeat": "birthday", "audience": "contacts"}, "repeat"),
        ({"opens": "18:00", "closes": "08:00"}, "closes"),
        ({"not_before": NOON + timedelta(days=40)}, "expires_at"),
    ],
)
def test_a_plan_that_cannot_be_right_is_refused_with_its_field(other: dict[str, Any], path: str) -> None:
    verdict = rules.prepared(None, prepared(**other), FACTS)
    assert isinstance(verdict, Reject)
    assert verdict.path == path


def test_the_digest_says_all_that_goes_out_and_nothing_else() -> None:
    again = prepared(who="jonas", why="another reason", occurred_at=NOON + timedelta(hours=9))
    assert digest(again) == digest(prepared())
    assert digest(prepared(leap_day="after")) == digest(prepared())  # it says something of what repeats alone
    assert digest(prepared(repeat="birthday", leap_day="after")) != digest(prepared(repeat="birthday"))
    others = {
        "repeat": "birthday",
        "title": "T",
        "conditions": '{"city": {"is": "Ulm"}}',
        "channels": ("sms",),
        "template": "t",
        "documents": ("a@1",),
        "per_hour": 5,
    }
    assert len({digest(prepared()), *(digest(prepared(**{name: value})) for name, value in others.items())}) == len(others) + 1
