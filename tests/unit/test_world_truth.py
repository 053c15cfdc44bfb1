"""The world's own reckoning, against histories reckoned by hand."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from hub.world import oem
from hub.world.speech import Meant
from hub.world.truth import Dead, Ledger, Waiting

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
