"""What the benchmark says follows from what it measured."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic_core import from_json

from bench import mail_report, report
from bench.aside import keep
from bench.guard import GROWTH, MARGIN, Measured, judge
from bench.kept import kept, note
from bench.load import Load, Record, as_flat_record, as_hub_record
from bench.mixed import CONSUMERS as TOGETHER
from bench.mixed import Mixed
from bench.neighbour import spoken
from bench.pace import Pace
from bench.plan import FULL, QUICK, SIZES, WORKLOADS
from bench.plot import draw
from bench.sheet import RATIOS, Sheet
from bench.window import Figures
from contracts import envelope as cloudevents
from contracts.customers import CUSTOMER_RECORDED
from hub.consumers import CONSUMERS
from hub.errors import InputError
from hub.stream.record import Reader
from hub.stream.slips import Stored


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


def round_of(workload: str, number: int, rate: float) -> Sheet:
    found = Sheet()
    found.note(number, f"{workload}/full", figures(rate))
    return found


def test_a_run_that_is_taken_up_again_adds_rounds_and_loses_no_workload(tmp_path: Path) -> None:
    path, sheet = tmp_path / "results.json", Sheet()
    for workload in ("100k", "outage"):
        sheet.add(workload, note(FULL, workload), round_of(workload, 1, 10.0))
    report.save(sheet, FULL, path)
    again, said = kept(path), note(FULL, "outage")
    assert again.next_round("outage", said) == 2
    again.add("outage", said, round_of("outage", 2, 30.0))
    found = report.save(again, FULL, path)
    assert found["workloads"]["outage"]["rounds"] == 2
    assert found["runs"]["outage/full"]["rate"]["median"] == 20.0
    assert found["runs"]["100k/full"]["rate"]["median"] == 10.0
    assert "outage/full" in report.table(found)


def test_what_is_measured_apart_stays_beside_the_others(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    keep(path, "mail", {"ratios": {"hub_vs_nodemailer": 2.5}})
    sheet = kept(path)
    assert not sheet.numbers
    sheet.add("100k", note(FULL, "100k"), round_of("100k", 1, 10.0))
    report.save(sheet, FULL, path)
    keep(path, "sms", {"of_the_rate": 0.97})
    found = from_json(path.read_bytes())
    assert (found["mail"]["ratios"]["hub_vs_nodemailer"], found["sms"]["of_the_rate"]) == (2.5, 0.97)
    assert found["sms"]["machine"]["cores"]
    assert kept(path).numbers == sheet.numbers
    path.write_text("[]")
    with pytest.raises(InputError, match="--results"):
        keep(path, "mail", {})


def test_a_ratio_of_mail_compares_rounds_and_says_what_it_misses() -> None:
    def runs(*rates: float) -> list[dict[str, float]]:
        return [{"rate": rate, "cpu": 100.0} for rate in rates]

    found = mail_report.found({"hub": runs(10.0, 30.0, 40.0), "nodemailer": runs(10.0, 10.0, 40.0), "blast": runs(80.0, 80.0, 80.0)})
    assert found["ratios"]["hub_vs_nodemailer"] == {"median": 1.0, "min": 1.0, "max": 3.0, "rounds": 3, "least": 2.0}
    assert found["missed"] == ["hub_vs_nodemailer"]
    assert "hub_vs_loop" not in found["ratios"]
    assert "hub_vs_nodemailer" in mail_report.table(found)


def test_rounds_of_another_commit_or_of_another_size_do_not_stand_side_by_side() -> None:
    sheet, old = Sheet(), note(FULL, "100k")
    sheet.add("100k", old, round_of("100k", 1, 10.0))
    sheet.add("1m", note(FULL, "1m"), round_of("1m", 1, 10.0))
    for other in (replace(old, commit="another"), note(QUICK, "100k")):
        assert sheet.next_round("100k", other) == 1
        sheet.add("100k", other, round_of("100k", 1, 30.0))
        assert sheet.medians()["100k/full"]["rate"]["median"] == 30.0
    assert sheet.rounds("1m") == {1}


def test_sizes_of_ones_own_are_no_claim() -> None:
    assert note(FULL, "100k").is_claim
    assert not note(QUICK, "100k").is_claim
    assert not note(replace(FULL, events=5_000), "100k").is_claim
    assert note(replace(FULL, events=5_000), "memory").is_claim


def test_what_is_left_follows_from_what_rounds_took() -> None:
    pace = Pace({"a": 60.0, "b": 30.0}, {"a": 2, "b": 2}, 60.0)
    assert pace.left == "4 min"
    pace.began()
    pace.took("a", 300.0)
    assert pace.left == "6 min"
    assert pace.left_within("a", 20.0) == "80 s"
    pace.gave_up("a")
    assert pace.left == "60 s"


def test_each_workload_is_planned() -> None:
    for plan in (FULL, QUICK):
        assert plan.rounds.keys() == plan.seconds.keys() == SIZES.keys() == set(WORKLOADS)


def test_the_guard_refuses_a_dearer_event_and_a_growing_one() -> None:
    assert judge(Measured(10.0 * MARGIN, GROWTH), 10.0) == []
    (dearer,) = judge(Measured(10.0 * MARGIN + 0.1, 1.0), 10.0)
    (growing,) = judge(Measured(10.0, GROWTH + 0.1), 10.0)
    assert "the baseline is 10.00" in dearer
    assert "among 1,000,000 rows as among 100,000" in growing


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


NOON = 1_772_452_800_000  # a moment after all that the loads say, in milliseconds


def judged(consumer: str, records: Iterable[Record]) -> Counter[str]:
    """What a consumer makes of the records of its own topics."""
    known = CONSUMERS[consumer]
    reader = Reader(known, 1_000_000)
    own = [Stored(topic, part, 0, NOON, key, value, headers) for topic, part, key, value, headers in records if known.topic(topic)]
    return Counter(type(reader.judge(record)).__name__ for record in own)


def test_all_consumers_together_get_as_much_each_and_fold_only_their_own() -> None:
    mixed = Mixed(8, 100)
    records = list(mixed.said())
    assert len(records) == mixed.events == 8 * len(TOGETHER)
    assert {topic for topic, *_ in records} == mixed.places.keys()
    for consumer in TOGETHER:
        assert judged(consumer, records) in ({"Good": 8}, {"Good": 8, "Ignored": 8}, {"Good": 8, "Ignored": 16})


def test_a_poisoned_topic_is_refused_nine_times_in_ten_and_its_neighbours_never() -> None:
    load = Load(200, 0, dealers=5, name="beside", is_each_once=True)
    records, bad = spoken(load, is_poisoned=True)
    assert judged("crm-sync", records) == {"Good": 200 - bad, "Bad": bad}
    assert judged("crm-sync", [record for record in records if record[0] == load.topic(4)]) == {"Good": 4, "Bad": 36}
    assert spoken(load, is_poisoned=False) == (list(load.said()), 0)
