"""Twice the load that the hub sustains, by turns with its recovery, while one thing after another comes to harm."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from hub.local.postgres import Postgres
from hub.world.faults import Faults
from tests.faults.conftest import set_scene
from tests.support.driver import Driver
from tests.support.eventually import eventually
from tests.support.scene import Scene
from tests.support.stack import NewKafka, fresh_database
from tests.support.watching import memories

OVERLOAD_SECONDS = 15
RECOVERY_SECONDS = 120
WRONG = Faults(bad=0.05, repeated=0.05, late=0.05)
SMALL = {"batch_records": 2, "lanes": 1}
"""So that what is sustainable, and all that is compared in the end, stays small; memory is lost by the record or by the batch."""

_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'hub %' AND pid <> pg_backend_pid()"


@pytest.fixture
def own_servers(new_kafka: NewKafka, own_postgres: Postgres, tmp_path: Path) -> Iterator[Scene]:
    with fresh_database(own_postgres) as url, set_scene(new_kafka(), url, tmp_path, has_base_data=False) as scene:
        yield scene


def kill(driver: Driver, chance: Random) -> None:
    victim = chance.choice([*driver.of("crm-sync"), *driver.of("relay")])
    victim.kill()
    driver.replace(victim)


def freeze(driver: Driver, chance: Random) -> None:
    victim, other = chance.sample(driver.of("crm-sync"), 2)
    claims = len(other.events("partitions.claimed"))
    victim.freeze()
    try:
        eventually(lambda: len(other.events("partitions.claimed")) > claims, 60)
    finally:
        victim.thaw()


def cut(driver: Driver, _: Random) -> None:
    driver.scene.database.rows(_CUT)


def stop_broker(driver: Driver, _: Random) -> None:
    driver.scene.kafka.kill()
    try:
        until_red(driver)
    finally:
        driver.scene.kafka.start()


def until_red(driver: Driver) -> None:
    """Whoever folds says that it cannot."""
    eventually(lambda: not any(process.is_ready() for process in driver.of("crm-sync")), 40)


@pytest.mark.alone
@pytest.mark.thorough
@pytest.mark.timeout(0)
def test_memory_and_logs_stay_bounded_health_is_honest_and_lag_recovers(
    own_servers: Scene, own_postgres: Postgres, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    def stop_database(driver: Driver, _: Random) -> None:
        own_postgres.stop("immediate")
        try:
            until_red(driver)
        finally:
            own_postgres.start()

    harms = (kill, freeze, cut, stop_broker, stop_database)
    end = time.monotonic() + 60 * pytestconfig.getoption("--soak-minutes")
    said, turns, slowest = 0, 0, 0.0
    with Driver(own_servers, faults=WRONG, **SMALL) as driver:
        driver.calm_seconds = RECOVERY_SECONDS
        chance, rate = Random(driver.seed), 2 * driver.sustainable()
        while not turns or time.monotonic() < end:
            harm = harms[turns] if turns < len(harms) else chance.choice(harms)  # each at least once
            with ThreadPoolExecutor(1) as pool:
                speaking = pool.submit(driver.speak_at, rate, OVERLOAD_SECONDS)
                harm(driver, chance)
                said += speaking.result()
            turns, quiet = turns + 1, time.monotonic()
            driver.until_folded(RECOVERY_SECONDS)
            slowest = max(slowest, time.monotonic() - quiet)
    held = [memory for memory in memories(driver.samples()).values() if memory.seconds > 60]
    record_property("records", said)
    record_property("turns", turns)
    record_property("twice the sustainable load, records a second", f"{rate:.0f}")
    record_property("slowest recovery, s", f"{slowest:.0f}")
    record_property("memory, MB early and late", ", ".join(f"{one.early:.0f} {one.late:.0f}" for one in held))
    record_property("MB a minute, most", f"{max((one.slope for one in held), default=0):.2f}")
    record_property("longest log, bytes", max(len(process.log_text()) for process in own_servers.crew.processes))
