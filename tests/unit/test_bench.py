"""What the benchmark says follows from what it measured."""

import pytest
from pydantic_core import from_json

from bench.guard import GROWTH, MARGIN, Measured, judge
from bench.load import Load, as_flat_record, as_hub_record
from bench.plot import draw
from bench.sheet import RATIOS, Sheet
from bench.window import Figures
from contracts import envelope as cloudevents
from contracts.customers import CUSTOMER_RECORDED


def figures(rate: float) -> Figures:
    return Figures(rate, 0.02, 0.03, 0.01, 120.0)


def test_a_ratio_compares_rounds_and_not_medians() -> None:
    sheet = Sheet()
    for number, (full, debezium) in enumerate([(10.0, 20.0), (100.0, 50.0), (30.0, 30.0)], 1):
        sheet.note(number, "100k/full", figures(full))
        sheet.note(number, "100k/debezium", figures(debezium))
    assert sheet.ratio("full_vs_debezium") == {"median": 1.0, "min": 0.5, "max": 2.0, "rounds": 3}


def test_a_round_that_measured_one_side_only_does_not_count() -> None:
    sheet = Sheet()
    sheet.note(1, "100k/full", figures(10.0))
    sheet.note(2, "100k/full", figures(10.0))
    sheet.note(2, "100k/debezium", figures(5.0))
    assert sheet.ratio("full_vs_debezium") == {"median": 2.0, "min": 2.0, "max": 2.0, "rounds": 1}
    assert sheet.ratio("full_vs_tutorial") is None


def test_every_promised_ratio_has_a_name() -> None:
    promised = "full_vs_debezium nohistory_vs_debezium full_vs_tutorial full_vs_limit duplicates_vs_fresh million_vs_hundred_thousand"
    assert {*promised.split(), "p50_vs_debezium", "p99_vs_debezium", "reminders_vs_apscheduler"} <= RATIOS.keys()


def test_the_guard_refuses_a_dearer_event_and_a_growing_one() -> None:
    assert judge(Measured(10.0 * MARGIN, GROWTH), 10.0) == []
    (dearer,) = judge(Measured(10.0 * MARGIN + 0.1, 1.0), 10.0)
    (growing,) = judge(Measured(10.0, GROWTH + 0.1), 10.0)
    assert "the baseline is 10.00" in dearer
    assert "10,000" in growing


@pytest.mark.parametrize("load", [Load(500, 100), Load(500, 100, again=0.2), Load(500, 0, is_each_once=True, after=7)])
def test_a_load_is_what_the_contract_says_and_the_same_each_time(load: Load) -> None:
    events = list(load)
    assert events == list(load)
    assert len(set(events)) == load.events
    assert load.records == len(events)
    for event in events[:50]:
        _, key, value, headers = as_hub_record(load, event)
        envelope, body = cloudevents.read(headers, value)
        assert CUSTOMER_RECORDED.decode(1, body).customer == key.decode() == event.ref
        assert from_json(as_flat_record(load, event))["because"] == envelope.id
        assert 900 < len(value) < 1_200


def test_a_fifth_said_again_is_a_fifth_more() -> None:
    load = Load(1_000, 100, again=0.2)
    assert load.records == pytest.approx(1_200, abs=40)
    assert load.last == Load(1_000, 100).last


def test_the_plot_shows_each_rate_and_each_delay() -> None:
    spread = {"median": 10.0, "min": 9.0, "max": 12.0}
    drawn = draw({"100k/full": {"rate": spread}, "latency-100/full": {"p50": spread, "p99": spread}}, "no claim")
    assert all(words in drawn for words in ("100k/full", "latency-100/full p50", "latency-100/full p99", "no claim"))
