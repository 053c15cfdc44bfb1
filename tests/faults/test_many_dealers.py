"""A thousand dealers' topics, with dealers and processes that join and processes that leave while records flow."""

import time
from collections.abc import Callable

import pytest

from contracts import topics
from tests.support.dealing import DEALER, Record, sale
from tests.support.eventually import eventually
from tests.support.scene import Scene

MANY, LATE = 1_000, 20
_WON = "SELECT count(*) FROM opportunities WHERE status = 'won'"
_FOLDED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets WHERE consumer = 'crm-sync' AND topic LIKE 'dealer.%.events'"


def dealers(first: int, count: int) -> list[str]:
    return [f"d-{number:04}" for number in range(first, first + count)]


def told(names: list[str], ref: str) -> list[Record]:
    """A sale of each dealer, step by step: what one dealer says comes between what all the others say."""
    return [step for steps in zip(*(sale(ref, name) for name in names), strict=True) for step in steps]


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_nothing_is_lost_among_a_thousand_dealers(scene: Scene, record_property: Callable[[str, object], None]) -> None:
    names = dealers(0, MANY)
    scene.make_topics(*(topics.DEALER_EVENTS.of(name) for name in names))
    first = scene.start("crm-sync", metadata_max_age_ms=5_000).until_ready()
    scene.start("relay")
    scene.send([*told(names, "O-1"), *sale("O-1", DEALER)])
    began = time.monotonic()
    eventually(lambda: scene.database.value(_FOLDED) == 3 * (MANY + 1), 120)
    record_property("seconds until all were folded", f"{time.monotonic() - began:.1f}")
    second = scene.start("crm-sync", metadata_max_age_ms=5_000)
    scene.send(told(names, "O-2"))
    second.until_ready()
    late = dealers(MANY, LATE)
    scene.make_topics(*(topics.DEALER_EVENTS.of(name) for name in late))
    scene.send(told(late, "O-1"))
    scene.send(told(names, "O-3"))
    first.terminate()
    third = scene.start("crm-sync", metadata_max_age_ms=5_000)
    scene.send(told([*names, *late], "O-4"))
    eventually(lambda: scene.database.value(_WON) == 4 * MANY + 2 * LATE + 1, 120)
    scene.until_relayed()
    assert not scene.dead()
    assert not scene.waiting()
    assert [process.until_ready() for process in (second, third)]
