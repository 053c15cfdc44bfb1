"""The judges of memory, health, logs and privacy are silent about a sound hub, and speak up for each planted harm."""

import json
from collections.abc import Sequence

import pytest

from hub.stream.slips import Stored
from tests.support.checker import Violation
from tests.support.watching import Sample, health, logs, memory, privacy, secrets

SECONDS = 120


def seen(*, due: Sequence[int], folded: Sequence[int | None], ready: Sequence[Sequence[bool]], rss: Sequence[float] = ()) -> list[Sample]:
    """A look a second; the last value of each sequence stays."""

    def at(values: Sequence[object], second: int) -> object:
        return values[min(second, len(values) - 1)]

    return [
        Sample(
            float(second),
            at(due, second),  # type: ignore[arg-type]
            at(folded, second),  # type: ignore[arg-type]
            {f"crm-sync-{n}": is_ready for n, is_ready in enumerate(at(ready, second))},  # type: ignore[arg-type,var-annotated]
            {"crm-sync-0": at(rss, second)} if rss else {},  # type: ignore[dict-item]
        )
        for second in range(SECONDS)
    ]


def invariants(found: Sequence[Violation]) -> set[str]:
    return {violation.invariant for violation in found}


BUSY = list(range(0, 10 * SECONDS, 10))
BOTH, ONE, NONE = (True, True), (True, False), (False, False)


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(seen(due=[1000], folded=BUSY, ready=[BOTH]), id="it works and is green"),
        pytest.param(seen(due=[10], folded=[10], ready=[BOTH]), id="nothing to do"),
        pytest.param(seen(due=[1000], folded=[5], ready=[ONE]), id="stuck, and one says so"),
        pytest.param(seen(due=[1000], folded=[None], ready=[NONE]), id="no database, and both say so"),
        pytest.param(seen(due=[1000], folded=[5] * 9 + [1000], ready=[BOTH]), id="stuck for less than the grace"),
        pytest.param(seen(due=[1000], folded=BUSY, ready=[NONE] * 9 + [BOTH]), id="red for less than the grace"),
    ],
)
def test_honest_health_is_not_complained_of(samples: list[Sample]) -> None:
    assert list(health(samples)) == []


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(seen(due=[1000], folded=[5], ready=[BOTH]), id="stuck and green"),
        pytest.param(seen(due=[1000], folded=[None], ready=[BOTH]), id="no database and green"),
        pytest.param(seen(due=[1000], folded=[*BUSY[:50], BUSY[50]], ready=[NONE] * 3 + [BOTH]), id="stuck later on, and green"),
        pytest.param(seen(due=[5000], folded=BUSY, ready=[NONE]), id="red while it works"),
    ],
)
def test_health_that_lies_is_seen(samples: list[Sample]) -> None:
    assert invariants(list(health(samples))) == {"I10"}


def test_memory_that_grows_without_end_is_seen_and_that_of_warming_up_is_not() -> None:
    warm = [60.0 + min(second, 25) * 4 for second in range(SECONDS)]
    leaking = [60.0 + second for second in range(SECONDS)]
    wavy = [160.0 + 15 * (second % 7) for second in range(SECONDS)]
    assert not list(memory(seen(due=[0], folded=[0], ready=[BOTH], rss=warm)))
    assert not list(memory(seen(due=[0], folded=[0], ready=[BOTH], rss=wavy)))
    assert invariants(list(memory(seen(due=[0], folded=[0], ready=[BOTH], rss=leaking)))) == {"I9"}


def test_a_process_that_began_a_moment_ago_has_not_grown() -> None:
    young = [Sample(second / 2, 0, 0, {}, {"crm-sync": min(20.0 + 10 * second, 106)}) for second in range(24)]
    assert not list(memory(young))


def test_a_slow_leak_is_seen_where_it_was_watched_for_long() -> None:
    slow = [Sample(float(second), 0, 0, {}, {"relay": 80 + second / 20}) for second in range(0, 900, 5)]
    assert invariants(list(memory(slow))) == {"I9"}
    assert not list(memory([sample._replace(rss={"relay": 80 + sample.at / 200}) for sample in slow]))


def test_a_log_that_grows_with_what_goes_wrong_is_seen() -> None:
    assert invariants(list(logs({"relay": 2_000_000}, 60))) == {"I9"}
    assert not list(logs({"relay": 50_000}, 60))


PERSON = {
    "contact": "C-1",
    "name": "Velerbach Tomnison",
    "address": {"street": "Invented Lane 5", "city": "Sampleton"},
    "status": "customer-status",
}


def record(said: object) -> Stored:
    return Stored("dealer.ber-01.events", 0, 0, 0, b"C-1", json.dumps(said).encode(), [])


@pytest.mark.parametrize("said", [PERSON, {"specversion": "1.0", "data": PERSON}])
def test_a_persons_value_in_a_log_is_seen_in_whatever_form(said: object) -> None:
    known = secrets({"dealer.ber-01.events": [record(said)]})
    assert known == {"Velerbach Tomnison", "Invented Lane 5", "Sampleton"}
    assert not list(privacy({"crm-sync": 'customer-status C-1\n{"event": "record.dead"}'}, known))
    assert invariants(list(privacy({"crm-sync": 'fine\n{"error": "no room for Velerbach Tomnison"}'}, known))) == {"I7"}
    assert [violation.what for violation in privacy({"relay": "at Sampleton"}, known)] == ["relay tells of a person in line 1"]
    umlaut = secrets({"dealer.ber-01.events": [record({"name": "Günther Ånon"})]})
    assert invariants(list(privacy({"relay": json.dumps({"who": "Günther Ånon"})}, umlaut))) == {"I7"}


def test_the_oems_own_words_and_what_is_no_json_are_nobodys_secret() -> None:
    junk = record({})._replace(value=b"\xff{")
    assert secrets({"oem.base": [record({"name": "Standard sale"})], "dealer.ber-01.events": [junk, junk._replace(value=None)]}) == set()
