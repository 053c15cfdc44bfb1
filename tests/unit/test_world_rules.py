"""The hub's rules, folded one event at a time, against the world's truth; a wrong rule is found."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts import envelope
from contracts.base.v1 import BaseDatum
from contracts.catalogue import NewerVersion, lookup
from contracts.contract import Event, Invalid
from contracts.topics import find
from hub.rules import base, contacts, customers, leads, opportunities
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Facts, Reject, Subject
from hub.world.compare import compare
from hub.world.faults import Faults
from hub.world.speech import STORE_OF, Utterance
from hub.world.world import World

RULES: dict[str, Callable[..., Any]] = {
    **{deed: base.recorded for deed, store in STORE_OF.items() if store == "base_data"},
    **{deed: getattr(customers, deed.split(".")[1]) for deed, store in STORE_OF.items() if store == "customers"},
    **{deed: getattr(contacts, deed.split(".")[1]) for deed, store in STORE_OF.items() if store == "contacts"},
    **{deed: getattr(leads, deed.split(".")[1]) for deed, store in STORE_OF.items() if store == "leads"},
    **{deed: getattr(opportunities, deed.split(".")[1]) for deed, store in STORE_OF.items() if store == "opportunities"},
}


class Fold:
    """The hub in its plainest form: accept what is sound, then fold each subject from nothing, one event at a time."""

    def __init__(self, rules: dict[str, Callable[..., Any]]) -> None:
        self.rules = rules
        self.events: dict[tuple[str, Subject], list[tuple[Event, str, str, bool, str]]] = defaultdict(list)
        self.names: set[tuple[str, str, str]] = set()
        self.corrected: set[tuple[str, str, str]] = set()
        self.held: set[tuple[str, str]] = set()
        self.base = BaseData()

    def take(self, record: Utterance) -> None:
        topic = find(record.topic)
        assert topic is not None
        principal = topic.principal(record.topic)
        key = record.key.decode(errors="replace") if record.key is not None else None
        try:
            found, data = envelope.read(record.headers, record.value)
            lineage, version = lookup(found.type)
            body = lineage.decode(version, data)
        except Invalid:
            self.held.add((principal, str(key)))
            return
        except NewerVersion:
            return
        name = principal, found.source, found.id
        _, party, sender, *_ = found.source.split("/")
        is_foreign = principal != (f"dealer:{sender}" if party == "dealers" else party)
        if key != lineage.ref(body) or is_foreign or lineage not in topic.types or body.occurred_at.year > 2100:
            self.held.add((principal, str(key)))
            return
        if name in self.names:
            return
        self.names.add(name)
        if (principal, key) in self.held and not (lineage.snapshot and body.revision is not None):
            return
        if name not in self.corrected and isinstance(
            self.rules[lineage.name](None, body, Facts(Subject(principal, key), self.base)), Reject
        ):
            self.held.add((principal, key))
            return
        store = STORE_OF[lineage.name]
        self.events[store, Subject(principal, key)].append((body, found.source, found.id, found.is_historical, lineage.name))
        if body.corrects is not None:
            self.corrected.add((principal, found.source, body.corrects))
        if store == "base_data":
            self.base = BaseData(
                body for (kind, _), told in self.events.items() if kind == "base_data" for body, *_ in told if isinstance(body, BaseDatum)
            )

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for (store, subject), events in self.events.items():
            counted = [event for event in events if (subject.principal, event[1], event[2]) not in self.corrected]
            state = None
            for body, _, _, is_historical, deed in self.ordered(counted):
                decision = self.rules[deed](state, body, Facts(subject, self.base, is_historical))
                if isinstance(decision, Change):
                    state = decision.state
            if state is not None:
                rows[store].append({"principal": subject.principal, "ref": subject.ref, **state._asdict()})
        return rows

    @staticmethod
    def ordered(events: list[tuple[Event, str, str, bool, str]]) -> list[tuple[Event, str, str, bool, str]]:
        placed, latest = [], datetime(1, 1, 1, tzinfo=UTC)
        for event in sorted(events, key=lambda event: event[0].revision or 0):
            at = event[0].occurred_at
            if event[0].revision is not None:
                latest = at = max(latest, at)
            placed.append((at, event[0].revision or 0, event[1], event[2], event))
        return [event for *_, event in sorted(placed, key=lambda place: place[:4])]


HARSH = Faults(late=0.2, repeated=0.15, corrected=0.12, opened_late=0.1, bad=0.03, holding=0.02, structured=0.3, historical=0.1)


def told(seed: int, rules: dict[str, Callable[..., Any]], most: int = 3_000) -> tuple[World, Fold]:
    world, fold = World(8, seed=seed, faults=HARSH), Fold(rules)
    for record in (*world.utterances(most), *world.ending()):
        fold.take(record)
    return world, fold


@pytest.mark.parametrize("seed", range(1, 7))
def test_the_rules_folded_one_at_a_time_come_to_the_world_s_truth(seed: int) -> None:
    world, fold = told(seed, RULES)
    comparison = compare(world.truth(), fold.rows())
    assert comparison.is_equal, comparison.shown
    assert comparison.compared > 5_000


def _without_a_trace_of_loss(state: Any, event: Any, facts: Any) -> Any:
    decision = opportunities.reopened(state, event, facts)
    return Change(decision.state._replace(loss_reason=state.loss_reason)) if isinstance(decision, Change) else decision


def _clock_starts_again(state: Any, event: Any, facts: Any) -> Any:
    decision = leads.received(state, event, facts)
    return Change(decision.state._replace(received_at=event.occurred_at)) if isinstance(decision, Change) else decision


def _keeps_its_line(state: Any, event: Any, facts: Any) -> Any:
    decision = contacts.moved(state, event, facts)
    return Change(decision.state._replace(superior=state.superior)) if isinstance(decision, Change) else decision


def _merges_addresses(state: Any, event: Any, facts: Any) -> Any:
    decision = customers.changed(state, event, facts)
    if isinstance(decision, Change) and event.address is not None and event.address.country is None:
        return Change(decision.state._replace(country=state.country))
    return decision


def _counts_every_win(state: Any, event: Any, facts: Any) -> Any:
    return opportunities.won(state, event, facts._replace(is_historical=False))


@pytest.mark.parametrize(
    ("deed", "wrong", "store", "field"),
    [
        ("opportunity.reopened", _without_a_trace_of_loss, "opportunities", "loss_reason"),
        ("lead.received", _clock_starts_again, "leads", "received_at"),
        ("contact.moved", _keeps_its_line, "contacts", "superior"),
        ("customer.changed", _merges_addresses, "customers", "country"),
        ("opportunity.won", _counts_every_win, "opportunities", "wins"),
    ],
)
def test_a_wrong_rule_is_found(deed: str, wrong: Callable[..., Any], store: str, field: str) -> None:
    world, fold = told(1, RULES | {deed: wrong})
    comparison = compare(world.truth(), fold.rows(), most_shown=10_000)
    assert not comparison.is_equal
    assert {(different.store, different.field) for different in comparison.shown} == {(store, field)}


def test_a_wrong_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    world, fold = told(1, RULES)
    monkeypatch.setattr(Fold, "ordered", staticmethod(lambda events: sorted(events, key=lambda event: event[0].occurred_at)))
    assert not compare(world.truth(), fold.rows()).is_equal


def test_arrival_order_instead_of_the_events_own_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    world, fold = told(1, RULES)
    monkeypatch.setattr(Fold, "ordered", staticmethod(list))
    assert not compare(world.truth(), fold.rows()).is_equal


def test_a_forgotten_correction_is_found() -> None:
    world, fold = told(1, RULES)
    fold.corrected.clear()
    assert not compare(world.truth(), fold.rows()).is_equal


def test_every_moment_lies_before_the_world_s_end() -> None:
    until = datetime(2024, 2, 29, tzinfo=UTC)
    world = World(4, seed=2, until=until)
    for record in world.utterances(3_000):
        if record.told in {"", "late", "repeated", "correction", "opened_late"}:
            found, data = envelope.read(record.headers, record.value)
            lineage, version = lookup(found.type)
            assert lineage.decode(version, data).occurred_at <= until + timedelta(seconds=0)
