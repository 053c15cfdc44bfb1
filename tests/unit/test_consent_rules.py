"""Consents, suppressions and reports come to the same in whatever order they are told, and of two words at once the no counts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.addresses import address_key, hint
from contracts.base import ConsentPurpose
from contracts.catalogue import BY_NAME
from contracts.consents import ConsentGiven, ConsentWithdrawn
from contracts.reports import DELIVERY_REPORTED
from hub.consumers.campaigns import campaigns
from hub.rules import consents
from hub.rules.basedata import BaseData
from hub.rules.consents import Slot
from hub.rules.decision import Change, Facts, Keep, Reject, Subject, Wait
from hub.rules.folding import NOTHING, Folded, Told, fold, fold_all
from hub.rules.order import in_order
from hub.rules.suppressions import Place

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADDRESS = address_key("email", "ada@mail.example")
BASE = BaseData(
    [
        ConsentPurpose(occurred_at=NOON, id="news", name="News"),
        ConsentPurpose(occurred_at=NOON, id="old", name="Old", retired=True),
    ]
)
DEALER = "dealer:ber-01"
SUBJECTS = {
    "consents": Slot(DEALER, "email", "news", "ber-01", "customer", "K/1").subject,
    "suppressions": Place("email", ADDRESS).subject,
    "delivery_reports": Subject("hub", "d1"),
}
ADDRESSED = {"address": ADDRESS, "channel": "email"}
SAID: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "consents": [
        ("consent.given", {"person": "K/1", "channels": ["email"], "purposes": ["news"], "proof": {"where": "web"}}),
        ("consent.withdrawn", {"person": "K/1"}),
        (
            "consent.recorded",
            {"person": "K/1", "status": "withdrawn", "proof": {"where": "letter"}, "who": "o", "why": "w", "consumer": "c"},
        ),
        ("consent.recorded", {"person": "K/1", "status": "given", "proof": {"where": "letter"}, "who": "o", "why": "w", "consumer": "c"}),
    ],
    "suppressions": [
        ("address.bounced", {**ADDRESSED, "cause": "unknown_address", "is_permanent": True}),
        ("address.bounced", {**ADDRESSED, "cause": "mailbox_full", "is_permanent": False}),
        ("recipient.opted_out", {**ADDRESSED, "provider": "local"}),
        ("recipient.opted_in", {**ADDRESSED, "provider": "local"}),
        ("recipient.complained", ADDRESSED),
        ("suppression.added", {**ADDRESSED, "is_legal": True, "who": "o", "why": "w", "consumer": "c"}),
        ("suppression.released", {**ADDRESSED, "reason": "unknown_address", "who": "o", "why": "w", "consumer": "c"}),
    ],
    "delivery_reports": [
        *(
            ("delivery.reported", {"delivery": "d1", "provider": "p", "status": status})
            for status in ("queued", "sent", "failed", "delivered")
        ),
        ("address.bounced", {**ADDRESSED, "delivery": "d1", "cause": "unknown_address", "is_permanent": True}),
        ("recipient.complained", {**ADDRESSED, "delivery": "d1"}),
    ],
}
STORES = sorted(SAID)


def told(number: int, name: str, body: dict[str, Any], hours: int) -> Told:
    lineage = BY_NAME[name]
    event = lineage.body.model_validate({**body, "occurred_at": NOON + timedelta(hours=hours)}, strict=False)
    return Told(UUID(int=number), 0, lineage, event, "/somebody", f"e{number}")


def tellings(store: str) -> st.SearchStrategy[list[Told]]:
    """Some events of the store's one subject, in the order in which they were told."""
    pairs = st.lists(st.tuples(st.sampled_from(SAID[store]), st.integers(0, 4)), max_size=7)
    return pairs.map(lambda drawn: [told(n, name, body, hours) for n, ((name, body), hours) in enumerate(drawn)])


def folded(store: str, events: Sequence[Told], base: BaseData = BASE) -> Folded[Any]:
    return fold_all(SUBJECTS[store], campaigns.stores[store].rules, base, events)


@pytest.mark.parametrize("store", STORES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_state_is_the_same_in_whatever_order_events_are_told(store: str, data: st.DataObject) -> None:
    events = data.draw(tellings(store))
    assert folded(store, data.draw(st.permutations(events)))[:3] == folded(store, events)[:3]


@pytest.mark.parametrize("store", STORES)
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_folding_on_from_a_state_comes_to_the_same_as_folding_all(store: str, data: st.DataObject) -> None:
    ordered = in_order(data.draw(tellings(store)))
    rules, subject = campaigns.stores[store].rules, SUBJECTS[store]
    half = fold(subject, rules, BASE, NOTHING, ordered[: data.draw(st.integers(0, len(ordered)))])
    rest = [pair for pair in ordered if pair[1].row not in {verdict[0].row for verdict in half.verdicts}]
    assert fold(subject, rules, BASE, half, rest)[:3] == fold(subject, rules, BASE, NOTHING, ordered)[:3]


@pytest.mark.parametrize("store", STORES)
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_every_event_has_an_answer_and_what_is_refused_is_refused_in_every_state(store: str, data: st.DataObject) -> None:
    rules, subject = campaigns.stores[store].rules, SUBJECTS[store]
    state = folded(store, data.draw(tellings(store))).state
    name, body = data.draw(st.sampled_from(SAID[store]))
    one = told(99, name, body, 2)
    for base in (BASE, BaseData()):
        verdicts = [rules[one.lineage](known, one.body, Facts(subject, base)) for known in (None, state)]
        assert all(isinstance(verdict, Change | Keep | Wait | Reject) for verdict in verdicts)
        assert isinstance(verdicts[0], Reject) == isinstance(verdicts[1], Reject)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_person_who_last_said_no_has_said_no_whatever_arrives_when(data: st.DataObject) -> None:
    events = data.draw(tellings("consents"))
    nos = [one.occurred_at for one in events if one.lineage.name == "consent.withdrawn" or getattr(one.body, "status", "") == "withdrawn"]
    yeses = [one.occurred_at for one in events if one.occurred_at not in nos]
    state = folded("consents", events).state
    wanted = None if not events else "withdrawn" if nos and max(nos) >= max(yeses, default=NOON) else "given"
    assert (state and state.status) == wanted


@given(order=st.permutations(["queued", "sending", "sent", "delivered"]), at_once=st.booleans())
def test_callbacks_out_of_order_and_doubled_never_move_a_delivery_back(order: list[str], at_once: bool) -> None:
    rules, state, seen = campaigns.stores["delivery_reports"].rules, None, []
    for hour, status in enumerate([*order, *order]):
        event = told(hour, "delivery.reported", {"delivery": "d1", "provider": "p", "status": status}, 0 if at_once else hour).body
        verdict = rules[DELIVERY_REPORTED](state, event, Facts(SUBJECTS["delivery_reports"], BASE))
        state = verdict.state if isinstance(verdict, Change) else state
        seen.append(["queued", "sending", "sent", "delivered"].index(state.status))
    assert seen == sorted(seen)
    assert state.status == "delivered"


def test_what_was_accepted_and_then_bounced_has_bounced() -> None:
    events = [told(n, name, body, 0) for n, (name, body) in enumerate(SAID["delivery_reports"]) if name != "recipient.complained"]
    for some in permutations(events[2:]):
        state = folded("delivery_reports", some).state
        assert (state.status, state.cause, state.provider) == ("bounced", "unknown_address", "p")


def test_an_unknown_address_is_suppressed_at_once_and_a_full_mailbox_is_not() -> None:
    gone, full = SAID["suppressions"][:2]
    assert folded("suppressions", [told(1, *full, 0)]).state is None
    state = folded("suppressions", [told(1, *gone, 0), told(2, *full, 1)]).state
    assert (list(state.reasons), state.is_barred, state.since) == (["unknown_address"], True, NOON)


def test_start_takes_back_stop_and_nothing_else() -> None:
    stop, start, complaint = SAID["suppressions"][2:5]
    state = folded("suppressions", [told(1, *stop, 0), told(2, *complaint, 1), told(3, *start, 2)]).state
    assert (list(state.reasons), state.is_suppressed, state.is_barred) == (["complaint"], True, False)
    state = folded("suppressions", [told(1, *stop, 0), told(3, *start, 2)]).state
    assert (state.reasons, state.is_suppressed, state.released_at) == ({}, False, NOON + timedelta(hours=2))
    assert folded("suppressions", [told(1, *stop, 2), told(3, *start, 2)]).state.is_suppressed


def given_body(**more: Any) -> ConsentGiven:
    body = {"person": "K/1", "channels": ["email"], "purposes": ["news"], "proof": {"where": "web"}, "occurred_at": NOON, **more}
    return ConsentGiven.model_validate(body, strict=False)


def verdict(event: Any, speaker: str, base: BaseData = BASE) -> Any:
    if isinstance(event, ConsentGiven):
        return consents.given(None, event, Facts(next(iter(consents.given_for(event, speaker))), base))
    return consents.withdrawn(None, event, Facts(next(iter(consents.withdrawn_for(event, speaker))), base))


def test_each_channel_and_purpose_is_a_consent_of_its_own() -> None:
    event = given_body(channels=["email", "sms", "email"], purposes=["news", "survey"])
    slots = [Slot.of(subject) for subject in consents.given_for(event, DEALER)]
    assert [(slot.channel, slot.purpose) for slot in slots] == [("email", "news"), ("email", "survey"), ("sms", "news"), ("sms", "survey")]
    assert {slot.person for slot in slots} == {"K/1"}
    assert {slot.grantee for slot in slots} == {"ber-01"}


def test_the_oem_may_speak_of_a_dealers_customer_and_a_dealer_of_its_own_only() -> None:
    (slot,) = map(Slot.of, consents.given_for(given_body(dealer="ber-01"), "oem"))
    assert (slot.owner, slot.grantee) == (DEALER, "oem")
    assert isinstance(verdict(given_body(dealer="ber-01"), DEALER), Change)
    assert verdict(given_body(dealer="mun-02"), DEALER) == Reject("dealer", "the dealer that speaks, or nothing")
    assert next(iter(consents.given_for(given_body(dealer="mun-02"), DEALER))).principal == DEALER


@pytest.mark.parametrize("of", [given_body(grantee="mun-02"), ConsentWithdrawn(occurred_at=NOON, person="K/1", grantee="mun-02")])
def test_a_dealer_speaks_for_no_other_dealer(of: Any) -> None:
    found = verdict(of, DEALER)
    assert isinstance(found, Reject)
    assert found.path == "grantee"


def test_a_yes_waits_for_its_purpose_and_a_no_for_nothing() -> None:
    assert verdict(given_body(), DEALER, BaseData()) == Wait("consent_purpose", "news")
    assert isinstance(verdict(given_body(purposes=["old"]), DEALER), Reject)
    assert isinstance(verdict(ConsentWithdrawn(occurred_at=NOON, person="K/1"), DEALER, BaseData()), Change)


@pytest.mark.parametrize(
    ("channel", "one", "other"),
    [
        ("email", "Ada.Falk@Mail.Example", " ada.falk@mail.example "),
        ("email", "ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("sms", "+49 (0)30 / 23125-000", "0049 30 23125 000"),
        ("post", "Ada Falk,\nHauptstr. 1\n10115  Berlin", "ada falk hauptstr. 1 10115 BERLIN"),
    ],
)
def test_an_address_has_one_key_however_it_is_written(channel: Any, one: str, other: str) -> None:
    assert address_key(channel, one) == address_key(channel, other)
    assert address_key(channel, one) != address_key(channel, f"x{one}1")


@given(text=st.text(max_size=40), channel=st.sampled_from(["email", "sms", "post"]))
def test_whatever_is_taken_for_an_address_has_a_key_and_a_hint(text: str, channel: Any) -> None:
    assert len(address_key(channel, text)) == 64
    assert len(hint(channel, text)) <= 101


def test_a_hint_does_not_tell_the_address() -> None:
    assert hint("email", "ada.falk@mail.example") == "a…@mail.example"
    assert hint("sms", "+49 30 23125 4711") == "…4711"
    assert hint("post", "Ada Falk") == "a…"
