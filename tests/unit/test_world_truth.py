"""The world's own reckoning, against histories reckoned by hand and against the hub's rules; a wrong rule is found."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
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
from hub.world import oem
from hub.world.compare import compare
from hub.world.faults import Faults
from hub.world.speech import STORE_OF, Meant, Utterance
from hub.world.truth import Dead, Ledger, Waiting
from hub.world.world import World

TOPIC, PRINCIPAL = "dealer.ber-001.events", "dealer:ber-001"


def on(day: int, hour: int = 12) -> datetime:
    return datetime(2025, 3, day, hour, tzinfo=UTC)


def said(deed: str, at: datetime, id: str, *, ref: str = "R", source: str = "/dms", revision: int | None = None, **more: Any) -> Meant:  # noqa: A002 - the attribute's name
    corrects, is_historical = more.pop("corrects", None), more.pop("is_historical", False)
    return Meant(more.pop("principal", PRINCIPAL), deed, ref, at, revision, corrects, source, id, more, is_historical)


def heard(*events: Meant) -> Ledger:
    ledger = Ledger()
    for event in (*oem.base_data(["ber-001"]), *events):
        ledger.hear("oem.base" if event.principal == "oem" else TOPIC, event)
    return ledger


def row(store: str, *events: Meant, ref: str = "R") -> dict[str, Any] | None:
    return heard(*events).truth().rows[store].get((PRINCIPAL, ref))


def wants(store: str, events: Iterable[Meant], **expected: object) -> None:
    """However the events arrive."""
    events = list(events)
    for arrived in (events, events[::-1], [*events[1:], events[0]], [*events, *events]):
        found = row(store, *arrived)
        assert found is not None
        assert {field: found[field] for field in expected} == expected


def test_late_news_joins_the_history_and_never_moves_the_state_back() -> None:
    wants(
        "opportunities",
        [
            said("opportunity.opened", on(1), "a", stage="interest", amount={"minor": 100, "currency": "EUR"}),
            said("opportunity.moved", on(2), "b", from_stage="interest", to_stage="offer", amount={"minor": 200, "currency": "EUR"}),
            said("opportunity.moved", on(4), "c", from_stage="offer", to_stage="negotiation"),
            said("opportunity.lost", on(9), "d", stage="negotiation", reason="price", competitor="kestrel_cars"),
            said("opportunity.moved", on(10), "e", from_stage="negotiation", to_stage="contract", expected_close="2025-05-01"),
        ],
        status="lost",
        stage="negotiation",
        stage_since=on(4),
        closed_at=on(9),
        amount_minor=200,
        expected_close=None,
        loss_reason="price",
        competitor="kestrel_cars",
        wins=0,
    )


def test_won_again_after_a_reopening_is_a_second_win_and_a_win_of_the_past_is_none() -> None:
    chapters = [
        said("opportunity.opened", on(1), "a", stage="offer"),
        said("opportunity.won", on(2), "b", stage="offer"),
        said("opportunity.won", on(3), "c", stage="offer", amount={"minor": 7, "currency": "EUR"}),
        said("opportunity.reopened", on(4), "d", stage="offer"),
        said("opportunity.won", on(5), "e", stage="offer"),
    ]
    wants("opportunities", chapters, status="won", wins=2, reopenings=1, amount_minor=None, stage_since=on(4), closed_at=on(5))
    wants("opportunities", [*chapters[:4], chapters[4]._replace(is_historical=True)], status="won", wins=1, reopenings=1)


def test_a_corrected_event_is_taken_out_and_its_correction_stands_at_its_own_place() -> None:
    wants(
        "opportunities",
        [
            said("opportunity.opened", on(1), "a", stage="offer"),
            said("opportunity.lost", on(2), "b", stage="offer", reason="price", competitor="none"),
            said("opportunity.won", on(6), "c", stage="negotiation", corrects="b"),
            said("opportunity.moved", on(4), "d", from_stage="offer", to_stage="negotiation"),
        ],
        status="won",
        stage="negotiation",
        stage_since=on(4),
        closed_at=on(6),
        loss_reason=None,
    )


def test_a_correction_of_a_correction_leaves_the_last_one() -> None:
    wants(
        "customers",
        [
            said("customer.recorded", on(1), "a", name="First"),
            said("customer.changed", on(2), "b", phone="1", corrects="x"),
            said("customer.changed", on(2), "c", phone="2", corrects="b"),
        ],
        phone="2",
    )


def test_only_the_same_source_and_principal_can_correct() -> None:
    first = said("customer.recorded", on(1), "a", name="First")
    correction = said("customer.recorded", on(2), "b", ref="S", name="Second", corrects="a")
    for stranger in (correction._replace(source="/crm"), correction._replace(principal="dealer:ham-001")):
        assert row("customers", first, stranger) is not None
    assert row("customers", first, correction) is None


def test_what_was_recorded_under_a_wrong_reference_goes_away_with_its_correction() -> None:
    wrong, right = said("customer.recorded", on(1), "a", name="N"), said("customer.recorded", on(1), "b", ref="S", name="N", corrects="a")
    for arrived in ((wrong, right), (right, wrong)):
        assert row("customers", *arrived) is None
        assert row("customers", *arrived, ref="S") is not None


def test_the_same_event_again_counts_once_and_under_another_source_twice() -> None:
    opened = said("opportunity.opened", on(1), "a", stage="offer")
    won, again = said("opportunity.won", on(2), "b", stage="offer"), said("opportunity.reopened", on(3), "b", source="/crm", stage="offer")
    wants("opportunities", [opened, won, won, again, again], reopenings=1, wins=1, status="open")


def test_lost_before_opened_waits_and_is_then_lost() -> None:
    lost = said("opportunity.lost", on(2), "b", stage="offer", reason="price", competitor="none")
    early = heard(lost).truth()
    assert not early.rows["opportunities"]
    assert early.waiting == {Waiting(PRINCIPAL, "R", "news"): 1}
    later = heard(lost, said("opportunity.opened", on(1), "a", stage="offer")).truth()
    assert later.rows["opportunities"][PRINCIPAL, "R"]["status"] == "lost"
    assert not later.waiting


def test_revisions_win_over_clocks_and_events_without_one_stand_at_their_moment() -> None:
    wants(
        "customers",
        [
            said("customer.recorded", on(1), "a", revision=1, name="First"),
            said("customer.changed", on(10), "b", revision=2, name="Second"),
            said("customer.changed", on(3), "c", revision=3, name="Third"),  # its clock is wrong: it counts as of the tenth
            said("customer.changed", on(5), "d", name="Without a count"),  # stands on the fifth, before revision 2
            said("customer.assigned", on(11), "e", owner="last"),
            said("customer.assigned", on(4), "f", revision=4, owner="counts as of the tenth"),
        ],
        name="Third",
        owner="last",
    )


def test_at_the_same_moment_source_and_id_decide() -> None:
    first = said("customer.recorded", on(1), "a", name="First")
    wants(
        "customers",
        [first, said("customer.changed", on(2), "9", name="Nine"), said("customer.changed", on(2), "10", name="Ten")],
        name="Nine",
    )
    by_web = said("customer.changed", on(2), "1", source="/web", name="Web")
    wants("customers", [first, said("customer.changed", on(2), "9", name="Nine"), by_web], name="Web")


def test_a_change_names_what_it_changes_and_an_address_is_taken_whole() -> None:
    wants(
        "customers",
        [
            said(
                "customer.recorded",
                on(1),
                "a",
                name="N",
                country="AT",
                address={"city": "X", "street": "Y 1"},
                note="n",
                birthday="1950-02-03",
            ),
            said("customer.changed", on(2), "b", address={"city": "Z", "country": None}, cleared=["note"], phone=None),
            said("customer.classified", on(3), "c", status="dormant", segments=["vip"]),
        ],
        city="Z",
        street=None,
        country=None,
        note=None,
        birthday=date(1950, 2, 3),
        status="dormant",
        segments=["vip"],
        name="N",
    )


def test_a_reporting_line_ends_with_its_engagement() -> None:
    history = [
        said("contact.recorded", on(1), "a", customer="C1", name="N"),
        said("contact.reports_to", on(2), "b", superior="S1"),
        said("contact.recorded", on(3), "c", customer="C1", name="N2"),
    ]
    wants("contacts", history, superior="S1", name="N2", is_active=True)
    wants("contacts", [*history, said("contact.moved", on(4), "d", customer="C1")], superior="S1")
    wants("contacts", [*history, said("contact.moved", on(4), "d", customer="C2")], superior=None, customer="C2")
    gone = [*history, said("contact.left", on(4), "d"), said("contact.reports_to", on(5), "e", superior="S2")]
    wants("contacts", gone, superior=None, is_active=False)
    wants("contacts", [*gone, said("contact.moved", on(6), "f", customer="C1")], superior=None, is_active=True)


def test_a_lead_is_answered_once_and_an_opportunity_cannot_be_dropped() -> None:
    history = [
        said("lead.received", on(1), "a", name="N", need="n"),
        said("lead.answered", on(2), "b"),
        said("lead.received", on(3), "c", name="N2"),
        said("lead.answered", on(4), "d"),
        said("lead.dropped", on(5), "e", reason="r"),
    ]
    wants("leads", history, status="dropped", drop_reason="r", answered_at=on(2), received_at=on(1), need=None, dealer="ber-001")
    wants("leads", [*history, said("lead.promoted", on(4), "f", opportunity="O")], status="promoted", opportunity="O", drop_reason=None)


def test_a_refused_record_leaves_no_trace_and_holds_its_key_but_for_counted_snapshots() -> None:
    ledger = heard(
        said("customer.recorded", on(1), "a", revision=1, name="First"),
        said("customer.changed", on(2), "b", revision=2, parent="R"),
        said("customer.changed", on(3), "c", revision=3, name="Held", corrects="a"),
        said("customer.changed", on(3), "c", revision=3, name="Held", corrects="a"),
        said("customer.recorded", on(4), "d", name="Not counted"),
        said("customer.recorded", on(5), "e", revision=5, name="Counted"),
    )
    truth = ledger.truth()
    assert truth.rows["customers"][PRINCIPAL, "R"]["name"] == "Counted"
    assert truth.dead == (Dead(TOPIC, "R", "rejected"),)
    assert truth.waiting == {Waiting(PRINCIPAL, "R", "operator"): 2}


def test_what_was_corrected_before_it_arrived_is_never_judged() -> None:
    opened = said("opportunity.opened", on(1), "a", stage="offer")
    wrong = said("opportunity.moved", on(2), "b", from_stage="offer", to_stage="daydream")
    right = said("opportunity.moved", on(2), "c", from_stage="offer", to_stage="negotiation", corrects="b")
    assert not heard(opened, right, wrong).truth().dead
    judged = heard(opened, wrong, right).truth()
    assert judged.dead == (Dead(TOPIC, "R", "rejected"),)
    assert judged.waiting == {Waiting(PRINCIPAL, "R", "operator"): 1}


@pytest.mark.parametrize(("day", "is_dead"), [(date(2024, 12, 31), False), (date(2025, 1, 1), True)])
def test_the_edition_of_the_day_decides(day: date, is_dead: bool) -> None:
    at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    jump = said("opportunity.moved", at, "a", sales_model="fleet", from_stage="need", to_stage="terms")
    assert bool(heard(jump).truth().dead) is is_dead


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
