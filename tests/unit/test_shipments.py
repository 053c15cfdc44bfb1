"""A shipment only goes forward, whatever comes late; its estimates are remembered, its delay is known, its delivery proven."""

from datetime import datetime
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.papers import DELIVERY_DESPATCHED
from contracts.shipments import SHIPMENT_ESTIMATED, SHIPMENT_POSITIONED, SHIPMENT_PROVEN, SHIPMENT_REPORTED, ShipmentStatus
from contracts.shipments.v1 import Reported
from hub.consumers.shipments import shipments
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Facts
from hub.rules.folding import NOTHING, Told, fold, fold_all
from hub.rules.order import in_order
from hub.rules.shipments import RANK, Position, Shipment, dealer_of, for_dealers, told
from tests.support.charging import SUBJECT, at
from tests.support.charging import told as as_told

RULES = shipments.stores["shipments"].rules


def advice(hours: float = 0, **more: Any) -> Any:
    line = {"order": "ber-01/O-1#1", "line": "10", "quantity": 1}
    body = {"occurred_at": at(hours), "document": "LS-1", "carrier": "rhein-trans", "consignment": "RT-1", "lines": (line,), **more}
    return DELIVERY_DESPATCHED, body


def report(status: str, hours: float, **more: Any) -> Any:
    return SHIPMENT_REPORTED, {"occurred_at": at(hours), "consignment": "RT-1", "status": status, **more}


def estimate(hours: float, arrival: float) -> Any:
    return SHIPMENT_ESTIMATED, {"occurred_at": at(hours), "consignment": "RT-1", "estimated_arrival": at(arrival)}


def proof(hours: float, **more: Any) -> Any:
    return SHIPMENT_PROVEN, {"occurred_at": at(hours), "consignment": "RT-1", **more}


def events(*said: Any) -> list[Told]:
    return [as_told(lineage, lineage.body.model_validate(body), number) for number, (lineage, body) in enumerate(said)]


def shipment(*said: Any) -> Shipment:
    state = fold_all(SUBJECT, RULES, BaseData(), events(*said)).state
    assert isinstance(state, Shipment)
    return state


def test_an_advice_plans_and_reports_move_on() -> None:
    assert shipment(advice()).status == "planned"
    found = shipment(advice(), report("collected", 1), report("in_transit", 2, place={"city": "Leipzig", "country": "DE"}))
    assert (found.status, found.reached, found.status_at, found.place, found.country) == (
        "in_transit",
        "in_transit",
        at(2),
        "Leipzig",
        "DE",
    )
    assert found.orders == ["ber-01/O-1#1"]


def test_what_the_carrier_says_before_the_advice_counts() -> None:
    found = shipment(report("collected", 1), advice(3))
    assert (found.status, found.orders, found.despatched_at) == ("collected", ["ber-01/O-1#1"], at(3))


def test_under_way_it_goes_to_and_fro_and_never_back_before_its_collection() -> None:
    way = ["collected", "in_transit", "at_hub", "out_for_delivery", "at_hub", "out_for_delivery"]
    assert shipment(*(report(status, hour) for hour, status in enumerate(way))).status == "out_for_delivery"
    assert shipment(report("at_hub", 1), report("booked", 2)).status == "at_hub"


@pytest.mark.parametrize(("after", "status"), [("in_transit", "delivered"), ("cancelled", "delivered"), ("returned", "returned")])
def test_what_is_delivered_may_come_back_and_nothing_else(after: str, status: str) -> None:
    found = shipment(report("delivered", 5), report(after, 6))
    assert (found.status, found.delivered_at) == (status, at(5))


def test_an_exception_interrupts_and_takes_nothing_away() -> None:
    found = shipment(report("booked", 1), report("exception", 2, incident="not_ready"))
    assert (found.status, found.reached, found.incident) == ("exception", "booked", "not_ready")
    found = shipment(report("booked", 1), report("exception", 2, incident="not_ready"), report("collected", 3))
    assert (found.status, found.incident) == ("collected", None)
    found = shipment(report("delivered", 5), report("exception", 6, incident="damage"))
    assert (found.status, found.incident) == ("delivered", "damage")


def test_estimates_are_remembered_and_the_delay_follows_the_newest_until_it_arrives() -> None:
    plan = advice(0, expected_at=at(24))
    found = shipment(plan, estimate(2, 25), report("at_hub", 5, estimated_arrival=at(27)), estimate(4, 26))
    assert [datetime.fromisoformat(one["arrival"]) for one in found.estimates] == [at(25), at(26), at(27)]
    assert (found.estimated_arrival, found.delay_minutes) == (at(27), 180)
    found = shipment(plan, estimate(2, 25), report("delivered", 23.5), estimate(30, 40))
    assert (found.delay_minutes, found.estimated_arrival) == (-30, at(25))


def test_a_signature_proves_a_delivery_that_nobody_reported() -> None:
    found = shipment(report("in_transit", 1), proof(6, signed_by="M. Probst", document="POD-1"))
    assert (found.status, found.delivered_at, found.signed_by, found.proof) == ("delivered", at(6), "M. Probst", "POD-1")
    assert shipment(report("delivered", 5), proof(6)).delivered_at == at(5)


def test_that_the_carrier_spoke_and_nothing_changed_is_no_news() -> None:
    before = shipment(report("in_transit", 1))
    after = shipment(report("in_transit", 1), report("in_transit", 2))
    (event,) = events(report("in_transit", 2))
    assert told(before, after, SUBJECT, event.body, 2) is None
    heard = told(None, after, SUBJECT, event.body, 1)
    assert heard is not None
    assert (heard.subject, heard.status) == ("rhein-trans/RT-1", "in_transit")


def test_a_dealer_hears_of_no_orders_but_its_own() -> None:
    orders = ("ber-01/O-1#1", "muc-02/O-7#1", "ber-01/O-2#1", "4500200")
    lines = tuple({"order": order, "line": "10", "quantity": 1} for order in orders)
    after = shipment(advice(0, lines=lines))
    (event,) = events(advice(0, lines=lines))
    heard = list(for_dealers(None, after, SUBJECT, event.body, 1))
    assert {dealer_of(after, SUBJECT, one): one.orders for one in heard} == {
        None: ("4500200",),
        "ber-01": ("ber-01/O-1#1", "ber-01/O-2#1"),
        "muc-02": ("muc-02/O-7#1",),
    }
    assert list(for_dealers(after, after, SUBJECT, event.body, 2)) == []


def test_each_status_has_its_place() -> None:
    assert set(get_args(ShipmentStatus)) == {*RANK, "exception"} == {"planned", *get_args(Reported)}


def test_only_the_newest_position_is_kept() -> None:
    fold_ = shipments.stores["shipment_positions"]
    assert not fold_.history
    body = {"occurred_at": at(1), "consignment": "RT-1", "latitude_micro": 52_520_008, "longitude_micro": 13_404_954}
    verdict = fold_.rules[SHIPMENT_POSITIONED](None, SHIPMENT_POSITIONED.body.model_validate(body), Facts(SUBJECT, BaseData()))
    assert verdict == Change(Position(52_520_008, 13_404_954, at(1)))


HOURS = st.integers(0, 6)
SAID = st.one_of(
    HOURS.map(lambda hour: advice(hour, expected_at=at(4))),
    st.tuples(st.sampled_from(get_args(Reported)), HOURS).map(lambda told: report(*told)),
    st.tuples(HOURS, HOURS).map(lambda told: estimate(*told)),
    HOURS.map(proof),
)
STORIES = st.lists(SAID, max_size=10).map(lambda said: events(*said))


@example(story=events(report("delivered", 1), report("in_transit", 3)))
@given(story=STORIES)
@settings(max_examples=100, deadline=None)
def test_what_was_reached_is_never_taken_back(story: list[Told]) -> None:
    rank, folded = -1, NOTHING
    for step in in_order(story):
        folded = fold(SUBJECT, RULES, BaseData(), folded, [step])
        if folded.state is not None:
            assert RANK[folded.state.reached] >= rank
            assert folded.state.status in {folded.state.reached, "exception"}
            rank = RANK[folded.state.reached]


@given(story=STORIES, data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_shipment_is_the_same_in_whatever_order_its_news_came(story: list[Told], data: st.DataObject) -> None:
    assert fold_all(SUBJECT, RULES, BaseData(), data.draw(st.permutations(story)))[:3] == fold_all(SUBJECT, RULES, BaseData(), story)[:3]
