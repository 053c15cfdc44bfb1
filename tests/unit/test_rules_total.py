"""Rules answer every valid event in every state that events can make, and refuse only for what the event itself says."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts.base import Competitor, LossReason, SalesModel
from contracts.contract import Event, Lineage
from hub.consumers.crm_sync import crm_sync
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Facts, Keep, Reject, Subject, Wait
from hub.rules.folding import NOTHING, Told, fold, fold_all
from hub.rules.order import in_order

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SUBJECT = Subject("dealer:ber-001", "R1")
EARLY: dict[str, Any] = {"occurred_at": NOON}
BASE = BaseData(
    [
        SalesModel.model_validate(
            {
                **EARLY,
                "id": "standard",
                "name": "Standard",
                "stages": (
                    {"id": "talk", "name": "Talk", "probability": 10, "moves": ("offer",), "may_win": False},
                    {"id": "offer", "name": "Offer", "probability": 50, "may_lose": False},
                    {"id": "order", "name": "Order", "probability": 90},
                ),
            }
        ),
        LossReason(**EARLY, id="price", name="Price"),
        LossReason(**EARLY, id="old", name="Old", retired=True),
        Competitor(**EARLY, id="acme", name="Acme"),
    ]
)

# few values a field, so that events meet in one subject's life
WORDS: dict[str, Any] = {
    "occurred_at": st.integers(0, 5).map(lambda hours: NOON + timedelta(hours=hours)),
    "revision": st.one_of(st.none(), st.none(), st.integers(1, 3)),
    "corrects": st.none(),
    "sales_model": st.sampled_from(["standard", "standard", "standard", "other"]),
    "reason": st.sampled_from(["price", "old", "unheard-of", "not_recorded"]),
    "competitor": st.sampled_from(["acme", "none", "not_recorded", "unheard-of"]),
    "belongs_to": st.just({"kind": "opportunity", "ref": "R1"}),
    "superior": st.sampled_from(["R1", "R2", None]),
    "parent": st.sampled_from(["R1", "R2", None]),
    "customer_kind": st.sampled_from(["person", "organisation"]),
    "status": st.sampled_from(["prospect", "active", "deceased"]),
    "cleared": st.lists(st.sampled_from(["email", "phone", "address", "revenue", "note"]), max_size=3).map(tuple),
    "segments": st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    **dict.fromkeys(("stage", "from_stage", "to_stage"), st.sampled_from(["talk", "offer", "order", "nowhere"])),
}
LINEAGES: tuple[Lineage[Any], ...] = tuple(lineage for declared in crm_sync.stores.values() for lineage in declared.rules)


def bodies(lineage: Lineage[Any]) -> st.SearchStrategy[Event]:
    """Valid bodies of one type about the one subject; fields without words of their own are left out or short."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for name, info in lineage.body.model_fields.items():
        if name == lineage.ref_field:
            fields[name] = st.just(SUBJECT.ref)
        elif name in WORDS:
            fields[name] = WORDS[name]
        elif name == "amount":
            fields[name] = st.sampled_from([None, {"minor": 100, "currency": "EUR"}])
        elif name == "address":
            fields[name] = st.sampled_from([None, {"city": "Berlin"}])
        elif info.is_required() or name in {"email", "phone", "note"}:
            fields[name] = st.sampled_from(["x", "y"])
    return st.fixed_dictionaries(fields).map(TypeAdapter(lineage.body).validate_python)


def tellings(lineages: Sequence[Lineage[Any]]) -> st.SearchStrategy[list[Told]]:
    """Some events of one subject, in the order in which they were told."""
    event = st.sampled_from(list(lineages)).flatmap(lambda lineage: st.tuples(st.just(lineage), bodies(lineage), st.booleans()))
    return st.lists(event, max_size=8).map(
        lambda events: [Told(UUID(int=n), 0, lineage, body, "/dms", f"e{n}", past) for n, (lineage, body, past) in enumerate(events)]
    )


STORES = [pytest.param(name, id=name) for name in crm_sync.stores]


@pytest.mark.parametrize("store", STORES)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_every_event_has_an_answer_in_every_state_that_events_make(store: str, data: st.DataObject) -> None:
    rules = crm_sync.stores[store].rules
    told = data.draw(tellings(list(rules)))
    for verdicts in (fold_all(SUBJECT, rules, BASE, told).verdicts, fold_all(SUBJECT, rules, BaseData(), told).verdicts):
        assert len(verdicts) == len(told)
        assert all(isinstance(verdict, Change | Keep | Wait | Reject) for _, verdict in verdicts)


@pytest.mark.parametrize("store", STORES)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_refused_is_refused_in_every_state(store: str, data: st.DataObject) -> None:
    """Or else it would depend on the order of arrival what becomes a dead letter."""
    rules = crm_sync.stores[store].rules
    told = data.draw(tellings(list(rules)))
    state = fold_all(SUBJECT, rules, BASE, told).state
    lineage = data.draw(st.sampled_from(list(rules)))
    body, facts = data.draw(bodies(lineage)), Facts(SUBJECT, BASE, data.draw(st.booleans()))
    verdicts = rules[lineage](None, body, facts), rules[lineage](state, body, facts)
    assert isinstance(verdicts[0], Reject) == isinstance(verdicts[1], Reject)
    assert not isinstance(verdicts[0], Reject) or verdicts[0] == verdicts[1]


@pytest.mark.parametrize("store", STORES)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_the_state_is_the_same_in_whatever_order_events_are_told(store: str, data: st.DataObject) -> None:
    rules = crm_sync.stores[store].rules
    told = data.draw(tellings(list(rules)))
    shuffled = data.draw(st.permutations(told))
    assert fold_all(SUBJECT, rules, BASE, shuffled)[:3] == fold_all(SUBJECT, rules, BASE, told)[:3]


@pytest.mark.parametrize("store", STORES)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_folding_on_from_a_state_comes_to_the_same_as_folding_all(store: str, data: st.DataObject) -> None:
    rules = crm_sync.stores[store].rules
    ordered = in_order(data.draw(tellings(list(rules))))
    cut = data.draw(st.integers(0, len(ordered)))
    half = fold(SUBJECT, rules, BASE, NOTHING, ordered[:cut])
    assert fold(SUBJECT, rules, BASE, half, ordered[cut:])[:3] == fold(SUBJECT, rules, BASE, NOTHING, ordered)[:3]


@pytest.mark.parametrize("lineage", LINEAGES, ids=str)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_what_others_hear_of_a_change_can_always_be_said(lineage: Lineage[Any], data: st.DataObject) -> None:
    declared = next(fold for fold in crm_sync.stores.values() if lineage in fold.rules)
    told = data.draw(tellings(list(declared.rules)))
    body = data.draw(bodies(lineage))
    state = fold_all(SUBJECT, declared.rules, BASE, told).state
    verdict = declared.rules[lineage](state, body, Facts(SUBJECT, BASE))
    if isinstance(verdict, Change):
        for telling in declared.tells:
            heard = telling.tell(state, verdict.state, SUBJECT, body, 1)
            assert heard is None or isinstance(heard, telling.lineage.body)
