"""A complaint is open until it is closed, whatever is heard when; as long as it is, nothing is offered."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from contracts.base import ComplaintTerms
from contracts.complaints import (
    COMPLAINT_ANSWERED,
    COMPLAINT_ASSIGNED,
    COMPLAINT_CLOSED,
    COMPLAINT_RECEIVED,
    COMPLAINT_REOPENED,
    ComplaintReceived,
)
from contracts.contract import Lineage
from contracts.reminders import ACTIVITY_REPORTED
from hub.rules import complaints
from hub.rules.basedata import BaseData
from hub.rules.complaints import Complaint
from hub.rules.decision import Change, Facts, Keep, Rules, Subject
from hub.rules.folding import Told, fold_all
from hub.rules.permission import OPEN_COMPLAINT, Standing, refusal
from tests.support.calendars import GERMANY, SHOP, calendar, dealer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DEALERS, OEMS = Subject("dealer:ber-01", "B1"), Subject("oem", "B1")
NOTHING = BaseData()
RULES: Rules = {
    COMPLAINT_RECEIVED: complaints.received,
    COMPLAINT_ASSIGNED: complaints.assigned,
    COMPLAINT_ANSWERED: complaints.answered,
    COMPLAINT_CLOSED: complaints.closed,
    COMPLAINT_REOPENED: complaints.reopened,
    ACTIVITY_REPORTED: complaints.reported,
}
ASSIGNED, ANSWERED = (COMPLAINT_ASSIGNED, {"staff": "mira"}), (COMPLAINT_ANSWERED, dict[str, Any]())
RECEIVED, CLOSED = (COMPLAINT_RECEIVED, {"customer": "C1"}), (COMPLAINT_CLOSED, {"outcome": "repaired"})
REOPENED: tuple[Lineage[Any], dict[str, Any]] = (COMPLAINT_REOPENED, {"note": "again"})


def told(*said: tuple[Lineage[Any], dict[str, Any]]) -> list[Told]:
    """One after another, an hour apart."""
    return [
        Told(
            UUID(int=hour),
            0,
            lineage,
            lineage.body.model_validate({"occurred_at": NOON + timedelta(hours=hour), "complaint": "B1", **fields}),
            "/dms",
            f"e{hour}",
        )
        for hour, (lineage, fields) in enumerate(said)
    ]


def terms(category: str, **days: Any) -> ComplaintTerms:
    return ComplaintTerms(occurred_at=NOON, id=category, **days)


OFFICE = BaseData(
    [
        dealer("ber-01"),
        calendar("DE", holidays=GERMANY, zone="Europe/Berlin"),
        calendar("ber-01", business_hours=SHOP, zone="Europe/Berlin"),
        terms("standard"),
        terms("delivery", answer_days=1, solve_days=2),
    ]
)


def of(events: list[Told], subject: Subject = DEALERS, base: BaseData = NOTHING) -> Complaint:
    state = fold_all(subject, RULES, base, events).state
    assert isinstance(state, Complaint)
    return state


@pytest.mark.parametrize(
    ("said", "status", "reopenings"),
    [
        ((RECEIVED,), "open", 0),
        ((RECEIVED, CLOSED), "closed", 0),
        ((RECEIVED, CLOSED, REOPENED), "open", 1),
        ((RECEIVED, CLOSED, REOPENED, CLOSED), "closed", 1),
        ((RECEIVED, CLOSED, RECEIVED), "closed", 0),
        ((RECEIVED, REOPENED), "open", 0),
    ],
)
def test_the_last_word_counts_in_whatever_order_it_is_heard(said: tuple[Any, ...], status: str, reopenings: int) -> None:
    [state] = {of(list(heard)) for heard in permutations(told(*said))}
    assert (state.status, state.received_at, state.reopenings) == (status, NOON, reopenings)


@pytest.mark.parametrize(
    ("said", "waits_for"),
    [
        ((RECEIVED,), "answer_by"),
        ((RECEIVED, ANSWERED), "solve_by"),
        ((RECEIVED, ANSWERED, CLOSED), None),
        ((RECEIVED, ANSWERED, CLOSED, REOPENED), "answer_by"),
        ((RECEIVED, CLOSED, ANSWERED), None),
        ((RECEIVED, ASSIGNED, ANSWERED, RECEIVED), "solve_by"),
    ],
)
def test_what_is_due_next_is_the_same_in_whatever_order_it_is_heard(said: tuple[Any, ...], waits_for: str | None) -> None:
    [state] = {of(list(heard), base=OFFICE) for heard in permutations(told(*said))}
    assert state.due_at == (getattr(state, waits_for) if waits_for else None)
    assert state.staff == ("mira" if ASSIGNED in said else None)


@pytest.mark.parametrize(
    ("at", "category", "answer_by", "solve_by"),
    [
        ("2026-03-02T12:00:00+01:00", "other", "2026-03-04T18:00:00+01:00", "2026-03-13T18:00:00+01:00"),
        ("2026-03-06T23:30:00+01:00", "other", "2026-03-09T18:00:00+01:00", "2026-03-18T18:00:00+01:00"),  # on a Saturday they close at one
        ("2026-03-26T12:00:00+01:00", "delivery", "2026-03-27T18:00:00+01:00", "2026-03-28T13:00:00+01:00"),
        ("2026-03-28T12:00:00+01:00", "delivery", "2026-03-30T18:00:00+02:00", "2026-03-31T18:00:00+02:00"),  # the clocks go forward
        ("2026-04-02T12:00:00+02:00", "delivery", "2026-04-04T13:00:00+02:00", "2026-04-07T18:00:00+02:00"),  # Good Friday, Easter Monday
    ],
)
def test_deadlines_are_ends_of_business_on_days_of_business_of_its_dealer(at: str, category: str, answer_by: str, solve_by: str) -> None:
    body = ComplaintReceived(occurred_at=datetime.fromisoformat(at), complaint="B1", customer="C1", category=category)
    decision = complaints.received(None, body, Facts(DEALERS, OFFICE))
    assert isinstance(decision, Change)
    assert (decision.state.answer_by, decision.state.solve_by) == (datetime.fromisoformat(answer_by), datetime.fromisoformat(solve_by))


def test_without_calendars_every_day_counts_to_its_end_and_without_terms_nothing_is_due() -> None:
    alone = of(told(RECEIVED), base=BaseData([terms("standard")]))
    assert (alone.answer_by, alone.solve_by) == (datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 3, 13, tzinfo=UTC))
    assert of(told(RECEIVED)).due_at is None
    assert of(told(RECEIVED), base=BaseData([terms("delivery"), terms("standard", retired=True)])).due_at is None


@pytest.mark.parametrize(("since", "is_kept"), [("2026-03-03", True), ("2026-03-02", False)])
def test_terms_of_a_later_day_leave_it_as_it_is_also_when_it_is_said_again(since: str, is_kept: bool) -> None:
    laid = [terms("standard"), terms("standard", answer_days=1, effective_from=date.fromisoformat(since))]
    before, after = (of(told(RECEIVED, RECEIVED), base=BaseData(base)) for base in (laid[:1], laid))
    assert (after.answer_by == before.answer_by) is is_kept


def test_what_is_told_of_it_says_nothing_of_what_it_is_about() -> None:
    state = of(told((COMPLAINT_RECEIVED, {"customer": "C1", "note": "in private"}), ASSIGNED), base=OFFICE)
    said = complaints.told(None, state, DEALERS, told(RECEIVED)[0].body, 1)
    assert (said.staff, said.answer_by, said.solve_by) == ("mira", state.answer_by, state.solve_by)
    assert "private" not in said.model_dump_json()


def test_a_dealer_speaks_of_its_own_customers_and_the_oem_of_any_dealer_s() -> None:
    named = told((COMPLAINT_RECEIVED, {"customer": "C1", "dealer": "muc-02"}))
    assert of(named).whose == "dealer:ber-01"
    assert of(named, OEMS).whose == "dealer:muc-02"
    assert of(told(RECEIVED), OEMS).whose == "oem"


def test_a_customer_with_an_open_complaint_is_offered_nothing_and_is_still_told_what_must_be() -> None:
    agreed = Standing(is_known=True, given_at=NOON, reasons=(OPEN_COMPLAINT,))
    assert refusal(agreed, "marketing") == "open_complaint"
    assert refusal(agreed._replace(reasons=()), "marketing") is None
    assert refusal(agreed._replace(is_marketing=False), "transactional") is None


def done_by(dealer: str, hours: int = 1) -> Told:
    """What came of a dealer's activity about a complaint of that reference."""
    body = {"occurred_at": NOON + timedelta(hours=hours), "subject": f"{dealer}/complaint/B1", "dealer": dealer, "activity": "A1"}
    about = {"belongs_to": {"kind": "complaint", "ref": "B1"}, "result": "called"}
    return Told(UUID(int=99), 0, ACTIVITY_REPORTED, ACTIVITY_REPORTED.body.model_validate(body | about), "/hub", "r")


def test_an_activity_answers_what_the_oem_took_of_that_dealer_s_customer_and_nobody_else_s() -> None:
    taken = told((COMPLAINT_RECEIVED, {"customer": "C1", "dealer": "muc-02"}))
    report = done_by("muc-02")
    assert set(complaints.of_report(report.body, "hub")) == {Subject("dealer:muc-02", "B1"), OEMS}  # type: ignore[arg-type] # its body
    assert of([*taken, report], OEMS).answered_at == NOON + timedelta(hours=1)
    assert of([*taken, done_by("ber-01")], OEMS).answered_at is None
    assert of([*taken, done_by("oem")], OEMS).answered_at is not None
    assert of([*told(RECEIVED), done_by("muc-02")], OEMS).answered_at is None, "the OEM's own customer"
    assert list(complaints.of_report(done_by("oem").body, "hub")) == [OEMS]  # type: ignore[arg-type] # as above


@pytest.mark.parametrize(("hours", "is_answered"), [(-1, False), (1, True)])
def test_an_activity_counts_where_it_occurred_after_the_complaint_was_received(hours: int, *, is_answered: bool) -> None:
    heard = [*told((COMPLAINT_RECEIVED, {"customer": "C1", "dealer": "muc-02"})), done_by("muc-02", hours)]
    for events in permutations(heard):
        assert (of(list(events), OEMS).answered_at is not None) is is_answered


def test_where_a_dealer_and_the_oem_use_one_reference_an_activity_answers_both() -> None:
    report = done_by("muc-02")
    for subject, fields in ((Subject("dealer:muc-02", "B1"), {}), (OEMS, {"dealer": "muc-02"})):
        assert of([*told((COMPLAINT_RECEIVED, {"customer": "C1", **fields})), report], subject).answered_at is not None


def test_an_activity_about_what_nobody_has_received_waits_for_nothing() -> None:
    folded = fold_all(OEMS, RULES, NOTHING, [done_by("muc-02")])
    assert (folded.state, [verdict for _, verdict in folded.verdicts]) == (None, [Keep("no such complaint was received")])
