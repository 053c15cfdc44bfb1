"""A vehicle's reminders follow from what any dealer says of it, in whatever order it becomes known, and no step is told twice."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.activities import ACTIVITY_DONE
from contracts.base import ServicePlan
from contracts.contract import Event, Lineage
from contracts.reminders import REMINDER_ANSWERED, ReminderClosed, ReminderDue
from contracts.vehicles import ODOMETER_READ, SERVICE_VISITED, VEHICLE_HANDED_OVER, VEHICLE_SOLD_ON
from hub.rules import reminding, vehicles
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Decision, Facts, Keep, Rules, Subject, Wait
from hub.rules.folding import Told, fold_all
from hub.rules.notices import Notice
from hub.rules.service_reminders import restored
from hub.rules.vehicles import Vehicle

VIN = "WVWZZZ1JZXW000001"
SUBJECT = Subject("hub", VIN)
START = datetime(2025, 3, 10, 9, tzinfo=UTC)
STEPS = ({"id": "before", "days": -30}, {"id": "due", "days": 0}, {"id": "overdue", "days": 21})


def plan(ref: str, **fields: Any) -> ServicePlan:
    return ServicePlan.model_validate({"occurred_at": START, "id": ref, "name": ref.title(), "steps": STEPS, **fields})


BASE = BaseData([plan("annual", distance_km=15_000), plan("brakes", months=24), plan("old", retired=True)])
TICK: Lineage[Any] = Lineage("timer.ticked", Event, kind="occurred_at")
RULES: Rules = {
    VEHICLE_HANDED_OVER: vehicles.handed_over,
    VEHICLE_SOLD_ON: vehicles.sold_on,
    SERVICE_VISITED: vehicles.visited,
    ODOMETER_READ: vehicles.odometer_read,
    REMINDER_ANSWERED: vehicles.reminder_answered,
    ACTIVITY_DONE: vehicles.activity_done,
    TICK: vehicles.timer_fired,
}


class Life:
    """What is said of one car; the clock speaks whenever its time has come, as the real one would."""

    def __init__(self, base: BaseData = BASE) -> None:
        self.base = base
        self.told: list[Told] = []
        self.state: Vehicle | None = None
        self.said: list[ReminderDue | ReminderClosed] = []
        self.mails: dict[str, Notice] = {}

    def say(self, lineage: Lineage[Any], day: float, dealer: str = "ber-01", **fields: Any) -> Decision[Vehicle]:
        """An event, so many days after the handover, heard now."""
        body = lineage.body.model_validate({"occurred_at": START + timedelta(days=day), "vin": VIN, **fields})
        return self.hear(lineage, body, f"dealer:{dealer}")

    def hear(self, lineage: Lineage[Any], body: Event, speaker: str) -> Decision[Vehicle]:
        """Fold everything heard so far again, and say what follows, as the engine does."""
        told = Told(UUID(int=len(self.told)), 0, lineage, body, speaker, f"e{len(self.told)}", speaker=speaker)
        self.told.append(told)
        before, folded = self.state, fold_all(SUBJECT, RULES, self.base, self.told)
        self.state = folded.state
        if self.state is not None and self.state != before:
            self.said += reminding.over_of_vehicle(before, self.state, SUBJECT, body, len(self.told))
            self.said += reminding.due_of_vehicle(before, self.state, SUBJECT, body, len(self.told))
            for notice in reminding.to_holder(before, self.state, SUBJECT, body, len(self.told)):
                self.mails.setdefault(notice.dedupe_key, notice)
        return next(verdict for one, verdict in folded.verdicts if one.event == told.event)

    def until(self, day: float) -> None:
        """Time goes by, and timers fire."""
        end = START + timedelta(days=day)
        while self.state is not None and (at := vehicles.next_step(self.state, SUBJECT)) is not None and at <= end:
            self.hear(TICK, Event(occurred_at=at), "hub")

    @property
    def known(self) -> Vehicle:
        """The car, of which something is known."""
        assert self.state is not None
        return self.state

    @property
    def steps(self) -> list[tuple[str, str, str]]:
        """What the dealers heard: to whom, which step or why it is over, and of which plan."""
        return [
            (one.dealer, one.step if isinstance(one, ReminderDue) else one.reason, one.reminder.rpartition("/")[2]) for one in self.said
        ]


@pytest.fixture
def life() -> Life:
    life = Life()
    life.say(VEHICLE_HANDED_OVER, 0, customer="C-1", odometer_km=10, service_plans=("annual",), product="tour-m")
    return life


def test_steps_come_before_on_and_after_the_due_date(life: Life) -> None:
    assert life.known.due_on == date(2026, 3, 10)
    life.until(800)
    assert life.steps == [("ber-01", "before", "annual"), ("ber-01", "due", "annual"), ("ber-01", "overdue", "annual")]
    told = [(str(one.due_on), one.customer, one.basis) for one in life.said if isinstance(one, ReminderDue)]
    assert told == [("2026-03-10", "C-1", "months")] * 3
    assert [notice.not_before.date() for notice in life.mails.values()] == [date(2026, 2, 8), date(2026, 3, 10), date(2026, 3, 31)]
    assert [notice.expires_at.date() for notice in life.mails.values()] == [date(2026, 3, 10), date(2026, 3, 31), date(2026, 4, 30)]


def test_a_notice_names_whom_it_reminds_of_what_and_for_whom_he_must_have_consented(life: Life) -> None:
    life.until(340)
    [notice] = life.mails.values()
    assert (notice.person, notice.purpose, notice.grantee) == (("dealer:ber-01", "customer", "C-1"), "service", "ber-01")
    assert dict(notice.fields) == {"vin": VIN, "product": "tour-m", "service": "Annual", "step": "before", "due_on": "2026-03-10"}


def test_a_step_has_the_words_of_the_plan_as_it_is_by_then() -> None:
    anew = plan("annual", name="Inspection", effective_from=date(2026, 2, 1), template="inspection-due")
    life = Life(BaseData([plan("annual"), anew]))
    life.say(VEHICLE_HANDED_OVER, 0, customer="C-1", service_plans=("annual",))
    life.until(340)
    [notice] = life.mails.values()
    assert (notice.template, notice.fields["service"]) == ("inspection-due", "Inspection")


def test_a_visit_at_any_dealer_moves_the_reminder_and_takes_back_what_was_told(life: Life) -> None:
    life.until(340)
    life.say(SERVICE_VISITED, 341, "muc-02", service_plans=("annual",), odometer_km=9_000)
    assert life.steps == [("ber-01", "before", "annual"), ("ber-01", "done", "annual")]
    assert life.known.due_on == date(2027, 2, 14)
    life.until(690)
    assert life.steps[2:] == [("ber-01", "before", "annual")]
    assert len(life.mails) == 2


def test_a_visit_for_something_else_moves_nothing_but_the_odometer(life: Life) -> None:
    life.say(SERVICE_VISITED, 100, odometer_km=10_010)
    assert life.known.due_on == date(2025, 8, 7)  # 15,010 km at 100 km a day
    assert restored(life.known.reminders)[0].basis == "distance"


def test_a_sale_ends_the_old_owner_s_reminders_and_the_new_dealer_s_customer_gets_his_own(life: Life) -> None:
    life.until(340)
    life.say(VEHICLE_SOLD_ON, 345, "muc-02", customer="K-9")
    assert life.steps[1:] == [("ber-01", "sold", "annual")]
    life.until(370)
    assert life.steps[2:] == [("muc-02", "before", "annual"), ("muc-02", "due", "annual")] or life.steps[2:] == [
        ("muc-02", "due", "annual")
    ]
    assert {notice.person.ref for notice in list(life.mails.values())[1:]} == {"K-9"}
    assert all("C-1" not in str(one) and "ber-01" not in str(one) for one in life.said if one.dealer == "muc-02")


def test_a_car_sold_to_nobody_that_is_known_is_silent_until_somebody_brings_it(life: Life) -> None:
    life.say(VEHICLE_SOLD_ON, 200)
    assert (life.known.dealer, life.known.next_at) == (None, None)
    life.say(SERVICE_VISITED, 300, "muc-02", customer="K-3", service_plans=("annual",))
    assert (life.known.dealer, life.known.customer) == ("muc-02", "K-3")
    life.until(700)
    assert {one.dealer for one in life.said} == {"muc-02"}


def test_told_again_of_the_same_handover_nothing_is_reminded_again(life: Life) -> None:
    life.until(370)
    before = life.known.reminders
    life.say(VEHICLE_HANDED_OVER, 371, customer="C-1", service_plans=("annual",))
    assert life.known.reminders == before


@pytest.mark.parametrize(("answer", "rest"), [("declined", []), ("booked", ["overdue"]), ("not_reached", ["due", "overdue"])])
def test_the_customer_s_answer_silences_what_it_settles(life: Life, answer: str, rest: list[str]) -> None:
    life.until(340)
    said = life.say(REMINDER_ANSWERED, 342, service_plan="annual", answer=answer, appointment_at=START + timedelta(days=366))
    assert isinstance(said, Keep) == (answer == "not_reached")
    life.until(800)
    over = [("ber-01", answer, "annual")] if answer != "not_reached" else []
    assert life.steps[1:] == [*over, *(("ber-01", step, "annual") for step in rest)]


def test_an_activity_about_the_reminder_writes_its_result_back(life: Life) -> None:
    life.until(340)
    name = life.said[0].reminder
    body = ACTIVITY_DONE.body.model_validate(
        {
            "occurred_at": START + timedelta(days=341),
            "activity": "A-1",
            "belongs_to": {"kind": "reminder", "ref": name},
            "result": "declined",
        }
    )
    assert list(vehicles.of_reminder(body, "dealer:ber-01")) == [SUBJECT]
    life.hear(ACTIVITY_DONE, body, "dealer:ber-01")
    life.until(800)
    assert life.steps[1:] == [("ber-01", "declined", "annual")]


def test_another_dealer_cannot_answer_for_the_customer(life: Life) -> None:
    life.until(340)
    assert isinstance(life.say(REMINDER_ANSWERED, 341, "muc-02", service_plan="annual", answer="declined"), Keep)


def test_a_plan_that_was_not_laid_down_is_waited_for(life: Life) -> None:
    assert life.say(SERVICE_VISITED, 10, service_plans=("unheard-of",)) == Wait("service_plan", "unheard-of")
    assert Life().say(VEHICLE_HANDED_OVER, 0, customer="C", service_plans=("unheard-of",)) == Wait("service_plan", "unheard-of")


def test_of_a_retired_plan_nobody_is_reminded() -> None:
    life = Life()
    life.say(VEHICLE_HANDED_OVER, 0, customer="C-1", service_plans=("old",))
    assert (life.known.due_on, life.known.next_at) == (None, None)


def test_a_due_date_that_moves_far_begins_a_new_round_and_one_that_moves_a_little_does_not(life: Life) -> None:
    life.say(ODOMETER_READ, 100, odometer_km=10_010)
    life.until(130)  # 100 km a day: due on day 150, told on day 120
    life.say(ODOMETER_READ, 131, odometer_km=12_800)  # a little slower: some days later
    life.until(140)
    assert life.steps == [("ber-01", "before", "annual")]
    life.say(ODOMETER_READ, 145, odometer_km=12_810)
    life.say(ODOMETER_READ, 146, odometer_km=12_811)
    life.say(ODOMETER_READ, 260, odometer_km=12_900)  # it stands still: some months later
    assert life.steps[1:] == [("ber-01", "moved", "annual")]
    life.until(800)
    assert life.steps[2:] == [("ber-01", step, "annual") for step in ("before", "due", "overdue")]


def test_what_fell_due_before_it_became_known_is_told_at_once_by_its_last_step_alone(life: Life) -> None:
    life.say(ODOMETER_READ, 300, odometer_km=60_000)
    assert life.known.due_on == date(2025, 5, 24)
    life.until(301)
    assert life.steps == [("ber-01", "overdue", "annual")]


def test_late_news_that_move_a_step_a_little_do_not_tell_it_again(life: Life) -> None:
    life.until(336)
    assert life.steps == [("ber-01", "before", "annual")]
    life.say(ODOMETER_READ, 320, odometer_km=13_300)  # read before the step, heard after it: due some days earlier
    life.until(340)
    assert life.steps == [("ber-01", "before", "annual")]
    assert len(life.mails) == 1


def test_late_news_that_put_a_step_off_a_little_do_not_take_it_back(life: Life) -> None:
    """It was told; by what is known now it would have come a day later."""
    life.say(ODOMETER_READ, 100, odometer_km=10_010)
    life.until(120)
    life.say(ODOMETER_READ, 110, odometer_km=10_900)
    assert life.known.due_on == date(2025, 8, 8)
    life.until(125)
    assert life.steps == [("ber-01", "before", "annual")]
    assert len(life.mails) == 1


DEALERS = st.sampled_from(["ber-01", "muc-02"])
PLANS = st.sampled_from([(), ("annual",), ("brakes",), ("annual", "brakes")])
KM = st.one_of(st.none(), st.integers(0, 60_000))
SAID = st.one_of(
    st.tuples(
        st.just(VEHICLE_HANDED_OVER),
        DEALERS,
        st.fixed_dictionaries({"customer": st.sampled_from("AB"), "service_plans": PLANS, "odometer_km": KM}),
    ),
    st.tuples(st.just(VEHICLE_SOLD_ON), DEALERS, st.fixed_dictionaries({"customer": st.sampled_from(["A", None])})),
    st.tuples(st.just(SERVICE_VISITED), DEALERS, st.fixed_dictionaries({"service_plans": PLANS, "odometer_km": KM})),
    st.tuples(st.just(ODOMETER_READ), DEALERS, st.fixed_dictionaries({"odometer_km": st.integers(0, 60_000)})),
    st.tuples(
        st.just(REMINDER_ANSWERED),
        DEALERS,
        st.fixed_dictionaries({"service_plan": st.just("annual"), "answer": st.sampled_from(["booked", "declined"])}),
    ),
)
NEWS = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 60), SAID), max_size=7)
"""The day on which it happened, how many days later it is heard, and what is said."""


def lived(news: Sequence[tuple[int, int, Any]]) -> Life:
    """A life in which each piece of news is heard on its day, and the clock speaks between them."""
    life = Life()
    for day, late, (lineage, dealer, fields) in sorted(news, key=lambda one: one[0] + one[1]):
        life.until(day + late)
        life.say(lineage, day, dealer, **fields)
    life.until(1_500)
    return life


@given(
    st.integers(20, 60),
    st.lists(st.tuples(st.integers(1, 330), st.integers(0, 90), st.integers(-200, 200)), max_size=8, unique_by=lambda reading: reading[0]),
)
@settings(max_examples=60, deadline=None)
def test_no_step_is_told_twice_however_late_its_readings_come(pace: int, readings: list[tuple[int, int, int]]) -> None:
    """Roughly steady, read now and then by people who round: the date moves with each of them, and each step comes once."""
    life = lived(
        [
            (0, 0, (VEHICLE_HANDED_OVER, "ber-01", {"customer": "C-1", "odometer_km": 0, "service_plans": ("annual",)})),
            *((day, late, (ODOMETER_READ, "ber-01", {"odometer_km": max(pace * day + wrong, 0)})) for day, late, wrong in readings),
        ]
    )
    steps = [notice.fields["step"] for notice in life.mails.values()]
    assert len(steps) == len(set(steps))
    assert steps[-1] == "overdue"


@given(NEWS)
@settings(max_examples=60, deadline=None)
def test_the_clock_comes_to_rest_and_always_speaks_of_what_lies_ahead(news: list[tuple[int, int, Any]]) -> None:
    life = lived(news)
    assert len(life.told) < 200  # 1,500 days with two plans of three steps each, and seven pieces of news
    if life.state is not None and life.state.next_at is not None:
        assert life.state.next_at > life.state.as_of


@given(NEWS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_late_readings_and_visits_lead_to_the_same_state_in_whatever_order_they_come(news: list[tuple[int, int, Any]], random: Any) -> None:
    told = lived(news).told
    shuffled = told[:]
    random.shuffle(shuffled)
    assert fold_all(SUBJECT, RULES, BASE, shuffled)[:3] == fold_all(SUBJECT, RULES, BASE, told)[:3]


@given(NEWS)
@settings(max_examples=60, deadline=None)
def test_nobody_is_reminded_who_does_not_hold_the_car_or_after_the_service_was_done(news: list[tuple[int, int, Any]]) -> None:
    """Seen by whoever knows everything in the end, for what was heard as it happened."""
    prompt = [(day, 0, said) for day, _, said in news]
    life = lived(prompt)
    for notice in life.mails.values():
        known = [told for told in life.told if told.body.occurred_at <= notice.not_before]
        state = fold_all(SUBJECT, RULES, BASE, known).state
        assert state is not None
        assert (notice.grantee, notice.person.ref) == (state.dealer, state.customer)


def test_every_change_of_a_state_can_be_kept_as_json() -> None:
    """States that were loaded again are compared with those that were just made."""
    import orjson

    life = Life()
    life.say(VEHICLE_HANDED_OVER, 0, customer="C-1", odometer_km=10, service_plans=("annual", "brakes"))
    life.until(400)
    state = life.known
    assert orjson.loads(orjson.dumps(state.reminders)) == state.reminders
    assert orjson.loads(orjson.dumps(state.readings)) == state.readings
    assert isinstance(vehicles.timer_fired(state, Event(occurred_at=START), Facts(SUBJECT, BASE)), Keep | Change)
