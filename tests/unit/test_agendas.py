"""What is to be done about a dealer's record is reminded of in time, and silenced when it is done or the record is closed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.activities import ACTIVITY_CANCELLED, ACTIVITY_DONE, ACTIVITY_PLANNED, ACTIVITY_RESCHEDULED
from contracts.base import SalesModel
from contracts.contract import Event, Lineage
from contracts.crm import COMPLAINT_UPDATED, LEAD_UPDATED, OPPORTUNITY_UPDATED
from contracts.reminders import ReminderClosed, ReminderDue
from hub.rules import activities, agendas, reminding
from hub.rules.agendas import Agenda
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Decision, Facts, Keep, Rules, Subject, Wait
from hub.rules.folding import Told, fold_all
from tests.support.calendars import GERMANY, SHOP, calendar, dealer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OPPORTUNITY, LEAD = Subject("dealer:ber-01", "opportunity/O1"), Subject("dealer:ber-01", "lead/L1")
COMPLAINT = Subject("dealer:ber-01", "complaint/B1")
STAGES = ({"id": "talk", "name": "Talk", "probability": 10, "ageing_days": 10}, {"id": "offer", "name": "Offer", "probability": 50})
MODEL = SalesModel.model_validate({"occurred_at": NOON, "id": "standard", "name": "Standard", "stages": STAGES})
BASE = BaseData([MODEL])
OFFICE = BaseData([MODEL, dealer("ber-01"), calendar("DE", holidays=GERMANY), calendar("ber-01", business_hours=SHOP)])
TICK: Lineage[Any] = Lineage("timer.ticked", Event, kind="occurred_at")
RULES: Rules = {
    ACTIVITY_PLANNED: agendas.activity_planned,
    ACTIVITY_RESCHEDULED: agendas.activity_rescheduled,
    ACTIVITY_DONE: agendas.activity_over,
    ACTIVITY_CANCELLED: agendas.activity_over,
    OPPORTUNITY_UPDATED: agendas.opportunity_updated,
    LEAD_UPDATED: agendas.lead_updated,
    COMPLAINT_UPDATED: agendas.complaint_updated,
    TICK: agendas.timer_fired,
}


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


class Desk:
    """What is said of one record; the clock speaks whenever its time has come."""

    def __init__(self, subject: Subject = OPPORTUNITY, base: BaseData = BASE) -> None:
        self.subject, self.base = subject, base
        self.told: list[Told] = []
        self.state: Agenda | None = None
        self.said: list[ReminderDue | ReminderClosed] = []

    def act(self, lineage: Lineage[Any], hours: float, **fields: Any) -> Decision[Agenda]:
        kind, _, ref = self.subject.ref.partition("/")
        return self.say(lineage, hours, activity="A1", belongs_to={"kind": kind, "ref": ref}, **fields)

    def plan(self, hours: float, due: float, minutes: int | None = 60, **fields: Any) -> Decision[Agenda]:
        return self.act(ACTIVITY_PLANNED, hours, due_at=at(due), remind_minutes_before=minutes, **fields)

    def stand(self, hours: float, status: str = "open", since: float = 0, **fields: Any) -> Decision[Agenda]:
        body = {"subject": "ber-01/O1", "dealer": "ber-01", "opportunity": "O1", "wins": 0, "stage": "talk", "stage_since": at(since)}
        return self.say(OPPORTUNITY_UPDATED, hours, **{**body, "status": status, **fields})

    def say(self, lineage: Lineage[Any], hours: float, **fields: Any) -> Decision[Agenda]:
        return self.hear(lineage, lineage.body.model_validate({"occurred_at": at(hours), **fields}))

    def hear(self, lineage: Lineage[Any], body: Event) -> Decision[Agenda]:
        told = Told(UUID(int=len(self.told)), 0, lineage, body, "/dms", f"e{len(self.told)}", speaker="dealer:ber-01")
        self.told.append(told)
        before, folded = self.state, fold_all(self.subject, RULES, self.base, self.told)
        self.state = folded.state
        if self.state is not None and self.state != before:
            self.said += reminding.over_of_agenda(before, self.state, self.subject, body, len(self.told))
            self.said += reminding.due_of_agenda(before, self.state, self.subject, body, len(self.told))
        return next(verdict for one, verdict in folded.verdicts if one.event == told.event)

    def until(self, hours: float) -> None:
        while self.state is not None and (due := agendas.next_step(self.state, self.subject)) is not None and due <= at(hours):
            self.hear(TICK, Event(occurred_at=due))

    @property
    def steps(self) -> list[tuple[str, str]]:
        return [(one.reminder, one.step if isinstance(one, ReminderDue) else one.reason) for one in self.said]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_activity_is_reminded_of_before_and_is_an_alarm_when_overdue(desk: Desk) -> None:
    desk.plan(0, 24, staff="ber-01.s2")
    desk.until(22.9)
    assert desk.steps == []
    desk.until(100)
    assert desk.steps == [("activity/A1", "before"), ("activity/A1", "overdue")]
    [before, _] = desk.said
    assert isinstance(before, ReminderDue)
    assert (before.staff, before.activity, before.belongs_to, before.due_at) == (
        "ber-01.s2",
        "A1",
        desk.told[0].body.belongs_to,  # type: ignore[attr-defined] # it is the plan
        at(24),
    )


def test_one_that_is_rescheduled_is_reminded_of_at_its_new_time(desk: Desk) -> None:
    desk.plan(0, 24)
    desk.until(23.5)
    desk.act(ACTIVITY_RESCHEDULED, 23.6, due_at=at(48), remind_minutes_before=60)
    desk.until(100)
    assert desk.steps == [("activity/A1", word) for word in ("before", "moved", "before", "overdue")]


@pytest.mark.parametrize(
    ("lineage", "fields", "reason"), [(ACTIVITY_DONE, {"result": "interested"}, "done"), (ACTIVITY_CANCELLED, {}, "cancelled")]
)
def test_one_that_is_over_is_silent(desk: Desk, lineage: Lineage[Any], fields: dict[str, Any], reason: str) -> None:
    desk.plan(0, 24)
    desk.until(23.5)
    desk.act(lineage, 23.6, **fields)
    desk.until(100)
    assert desk.steps == [("activity/A1", "before"), ("activity/A1", reason)]


def test_an_opportunity_that_grows_old_in_its_stage_is_told_once(desk: Desk) -> None:
    desk.stand(0, owner="ber-01.s1")
    desk.until(239)
    assert desk.steps == []
    desk.until(1_000)
    assert desk.steps == [("ageing/O1", "overdue")]
    desk.stand(1_001, amount={"minor": 1, "currency": "EUR"})
    desk.until(2_000)
    assert desk.steps == [("ageing/O1", "overdue")]
    desk.stand(2_001, stage="offer", since=2_001)
    assert desk.steps[1:] == [("ageing/O1", "done")]


@pytest.mark.parametrize("status", ["won", "lost"])
def test_a_closed_opportunity_silences_all_of_it_and_a_reopened_one_does_not(desk: Desk, status: str) -> None:
    desk.stand(0)
    desk.plan(0, 24)
    desk.until(23.5)
    desk.stand(23.6, status)
    desk.until(500)
    assert desk.steps == [("activity/A1", "before"), ("activity/A1", "closed")]
    desk.stand(501, "open", since=501)
    desk.until(502)
    assert desk.steps[2:] == [("activity/A1", "overdue")]


@pytest.mark.parametrize("status", ["dropped", "promoted"])
def test_a_lead_that_is_closed_silences_what_was_planned_about_it(status: str) -> None:
    desk = Desk(LEAD)
    desk.plan(0, 24)
    desk.say(LEAD_UPDATED, 2, subject="ber-01/L1", dealer="ber-01", lead="L1", status=status)
    desk.until(100)
    assert desk.steps == []


def complained(desk: Desk, hours: float, answer: float | None = 48, solve: float | None = 240, **fields: Any) -> None:
    due = {"answer_by": answer if answer is None else at(answer), "solve_by": solve if solve is None else at(solve), "remind_hours": 24}
    body = {"subject": "ber-01/B1", "dealer": "ber-01", "complaint": "B1", "status": "open", "category": "other", **due}
    desk.say(COMPLAINT_UPDATED, hours, **{**body, **fields})


def test_whoever_has_a_complaint_in_hand_hears_before_and_after_each_deadline() -> None:
    desk = Desk(COMPLAINT)
    complained(desk, 0, staff="mira")
    desk.until(100)
    assert desk.steps == [("complaint/B1/answer", "before"), ("complaint/B1/answer", "overdue")]
    complained(desk, 101, answer=None, staff="mira")
    desk.until(500)
    assert desk.steps[2:] == [("complaint/B1/answer", "done"), ("complaint/B1/solution", "before"), ("complaint/B1/solution", "overdue")]
    said = [one for one in desk.said if isinstance(one, ReminderDue)]
    assert {(one.staff, one.belongs_to and one.belongs_to.kind, one.reminder_kind) for one in said} == {("mira", "complaint", "complaint")}


def test_a_complaint_that_is_closed_silences_all_of_it_and_a_reopened_one_begins_anew() -> None:
    desk = Desk(COMPLAINT)
    complained(desk, 0)
    desk.plan(0, 30, None)
    desk.until(29)
    complained(desk, 29.5, None, None, status="closed")
    desk.until(500)
    assert desk.steps == [("complaint/B1/answer", "before"), ("complaint/B1/answer", "closed")]
    complained(desk, 501, 548, 740)
    desk.until(525)
    assert desk.steps[2:] == [("activity/A1", "overdue"), ("complaint/B1/answer", "before")]


def test_another_who_gets_a_complaint_in_hand_hears_of_it_too() -> None:
    desk = Desk(COMPLAINT)
    complained(desk, 0, staff="mira")
    desk.until(30)
    complained(desk, 31, staff="jonas")
    desk.until(32)
    assert desk.steps == [("complaint/B1/answer", word) for word in ("before", "moved", "before")]
    assert [one.staff for one in desk.said if isinstance(one, ReminderDue)] == ["mira", "jonas"]


def test_a_complaint_that_the_oem_took_is_told_on_no_dealers_feed() -> None:
    body = {"occurred_at": NOON, "subject": "oem/B1", "dealer": "oem", "complaint": "B1", "status": "open", "category": "other"}
    [subject] = agendas.of_complaint(COMPLAINT_UPDATED.body.model_validate(body), "hub")
    desk = Desk(subject)
    complained(desk, 0, subject="oem/B1", dealer="oem")
    desk.until(100)
    assert [reminding.whose(None, subject, one) for one in desk.said] == [None, None]
    assert {one.dealer for one in desk.said} == {"oem"}


def test_a_lead_that_nobody_handles_and_a_service_reminder_have_no_agenda() -> None:
    lead = LEAD_UPDATED.body(occurred_at=NOON, subject="oem/L1", dealer="oem", lead="L1", status="new")
    assert list(agendas.of_lead(lead, "hub")) == []
    about = {"kind": "reminder", "ref": "service/VIN/annual"}
    body = ACTIVITY_DONE.body.model_validate({"occurred_at": NOON, "activity": "A1", "belongs_to": about, "result": "booked"})
    assert list(agendas.of_record(body, "dealer:ber-01")) == []


def test_of_two_steps_that_have_passed_the_later_alone_is_told(desk: Desk) -> None:
    desk.plan(48, 24)
    desk.until(49)
    assert desk.steps == [("activity/A1", "overdue")]


def test_nobody_is_reminded_of_an_activity_while_nobody_is_there() -> None:
    desk = Desk(base=OFFICE)
    desk.plan(0, 24 * 6 + 7, minutes=24 * 60)  # on Sunday evening; a day before is after closing time on Saturday
    desk.until(24 * 5 - 3.1)
    assert desk.steps == []
    desk.until(24 * 5 - 3)  # Saturday at nine
    assert desk.steps == [("activity/A1", "before")]
    desk.until(24 * 7 - 4.1)
    assert desk.steps == [("activity/A1", "before")]
    desk.until(24 * 7 - 4)  # Monday at eight
    assert desk.steps == [("activity/A1", "before"), ("activity/A1", "overdue")]
    assert {one.due_at for one in desk.said if isinstance(one, ReminderDue)} == {at(24 * 6 + 7)}  # that it is due then stays so


def test_a_sale_that_grows_old_on_a_holiday_is_told_on_the_next_day_of_business() -> None:
    christmas = (datetime(2026, 12, 25, 12, tzinfo=UTC) - NOON) / timedelta(hours=1)
    desk = Desk(base=OFFICE)
    desk.stand(christmas - 240, since=christmas - 240)
    desk.until(christmas + 24 * 3 - 4.1)  # Friday the 25th, Boxing Day, a Sunday
    assert desk.steps == []
    desk.until(christmas + 24 * 3 - 4)
    assert desk.steps == [("ageing/O1", "overdue")]


def test_a_calendar_that_is_laid_down_meanwhile_moves_the_step_when_its_time_comes(desk: Desk) -> None:
    desk.plan(0, 24 * 6, minutes=None)
    assert desk.state is not None
    assert desk.state.next_at == at(24 * 6)
    verdict = agendas.timer_fired(desk.state, Event(occurred_at=at(24 * 6)), Facts(OPPORTUNITY, OFFICE))
    assert isinstance(verdict, Change)
    assert verdict.state.next_at == at(24 * 7 - 4)
    assert verdict.state.items == desk.state.items


HOURS = st.integers(0, 100)
SAID = st.one_of(
    st.tuples(st.just("plan"), HOURS, st.sampled_from([None, 60, 600])),
    st.tuples(st.just("move"), HOURS, st.sampled_from([None, 60])),
    st.just(("done", 0, None)),
    st.just(("cancel", 0, None)),
    st.tuples(st.just("stand"), HOURS, st.sampled_from(["open", "won", "lost"])),
)


@given(st.lists(st.tuples(HOURS, SAID), max_size=8), st.randoms(use_true_random=False), st.sampled_from([BASE, OFFICE]))
@settings(max_examples=80, deadline=None)
def test_the_agenda_is_the_same_in_whatever_order_its_news_come(news: list[tuple[int, Any]], random: Any, base: BaseData) -> None:
    desk = Desk(base=base)
    for hours, (word, due, more) in sorted(news, key=lambda one: one[0]):
        desk.until(hours)
        match word:
            case "plan":
                desk.plan(hours, due, more)
            case "move":
                desk.act(ACTIVITY_RESCHEDULED, hours, due_at=at(due), remind_minutes_before=more)
            case "done":
                desk.act(ACTIVITY_DONE, hours, result="interested")
            case "cancel":
                desk.act(ACTIVITY_CANCELLED, hours)
            case _:
                desk.stand(hours, more)
    desk.until(1_000)
    shuffled = desk.told[:]
    random.shuffle(shuffled)
    assert fold_all(OPPORTUNITY, RULES, base, shuffled)[:3] == fold_all(OPPORTUNITY, RULES, base, desk.told)[:3]
    assert desk.state is None or desk.state.next_at is None


def test_a_result_returns_to_the_record_it_belongs_to_once() -> None:
    subject, base = Subject("dealer:ber-01", "A1"), BaseData()
    about = {"activity": "A1", "belongs_to": {"kind": "opportunity", "ref": "O1"}}
    plan = ACTIVITY_PLANNED.body.model_validate({"occurred_at": NOON, **about, "due_at": at(4)})
    done = ACTIVITY_DONE.body.model_validate({"occurred_at": at(3), **about, "result": "interested", "note": "in private"})
    assert activities.done(None, done, Facts(subject, base)) == Wait("activity", "A1")
    first = activities.planned(None, plan, Facts(subject, base))
    assert isinstance(first, Change)
    second = activities.done(first.state, done, Facts(subject, base))
    assert isinstance(second, Change)
    told = activities.reported(first.state, second.state, subject, done, 2)
    assert told is not None
    assert (told.subject, told.result, told.occurred_at) == ("ber-01/opportunity/O1", "interested", at(3))
    assert "private" not in told.model_dump_json()
    assert activities.reported(second.state, second.state._replace(title="x"), subject, plan, 3) is None
    assert isinstance(
        activities.cancelled(second.state, ACTIVITY_CANCELLED.body.model_validate({"occurred_at": at(5), **about}), Facts(subject, base)),
        Keep,
    )
