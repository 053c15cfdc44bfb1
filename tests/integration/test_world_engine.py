"""The batch engine on a real database comes to the world's truth, whatever the size of its batches."""

from random import Random
from typing import Any

import pytest

from contracts.opportunities import OPPORTUNITY_MOVED, OPPORTUNITY_OPENED
from hub.consumers.base_data import base_data
from hub.consumers.crm_sync import crm_sync
from hub.local.postgres import Postgres
from hub.stream.outcome import Outcome
from hub.world.compare import Comparison, compare
from hub.world.faults import Faults
from hub.world.speech import STORES, Utterance
from hub.world.world import World
from tests.support.engine import Engine, Log
from tests.support.stack import fresh_database

HARSH = Faults(late=0.2, repeated=0.15, corrected=0.12, opened_late=0.1, bad=0.03, holding=0.02, structured=0.3, historical=0.1)


async def lived_through(database: str, world: World, said: list[Utterance], most_per_batch: int, seed: int) -> Comparison:
    """Base data first, then all dealers in batches of changing sizes."""
    log, rng = Log(), Random(seed)
    records = [log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in said]
    base = [record for record in records if record.topic == "oem.base"]
    rest = [record for record in records if record.topic != "oem.base"]
    async with Engine(database, base_data) as engine:
        await engine.apply(base)
    async with Engine(database, crm_sync) as engine:
        while rest:
            size = rng.randint(1, most_per_batch)
            await engine.apply(rest[:size])
            rest = rest[size:]
        rows = {store: await engine.rows(store) for store in STORES}
        dead: list[dict[str, Any]] = [row for row in await engine.rows("dead_letters") if row["state"] == "open"]
        return compare(world.truth(), rows, dead=dead, waiting=await engine.rows("waiting"))


@pytest.mark.parametrize(("seed", "most_per_batch"), [(1, 1_000), (2, 100), (3, 8)])
async def test_the_engine_comes_to_the_truth(database: str, seed: int, most_per_batch: int) -> None:
    world = World(6, seed=seed, faults=HARSH)
    said = [*world.utterances(2_500), *world.ending()]
    comparison = await lived_through(database, world, said, most_per_batch, seed)
    assert comparison.is_equal, (comparison.verdict, comparison.shown)


async def test_a_refused_event_and_its_correction_fare_alike_in_one_batch_and_in_two(database: str, postgres: Postgres) -> None:
    log, moved = Log(), {"opportunity": "O-1", "from_stage": "offer"}
    records = [
        log.say(OPPORTUNITY_OPENED, {"opportunity": "O-1", "stage": "offer"}, id="a"),
        log.say(OPPORTUNITY_MOVED, {**moved, "to_stage": "daydream"}, id="b"),
        log.say(OPPORTUNITY_MOVED, {**moved, "to_stage": "negotiation", "corrects": "b"}, id="c"),
    ]
    base = [log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in World(1).base_data()]
    with fresh_database(postgres) as other:
        told: list[list[Outcome]] = []
        for url, batches in ((database, [records]), (other, [[record] for record in records])):
            async with Engine(url, base_data) as engine:
                await engine.apply(base)
            async with Engine(url, crm_sync) as engine:
                told.append([outcome for batch in batches for outcome in await engine.outcomes(batch)])
    assert told[1] == [Outcome.HANDLED, Outcome.DEAD, Outcome.HELD]
    assert told[0] == told[1]


async def test_what_still_waits_is_true_too(database: str) -> None:
    world = World(4, seed=9, faults=Faults(opened_late=0.5, bad=0, holding=0))
    said = list(world.utterances(1_500))
    assert any(wait.hold == "news" for wait in world.truth().waiting)
    comparison = await lived_through(database, world, said, 200, 9)
    assert comparison.is_equal, (comparison.verdict, comparison.shown)
