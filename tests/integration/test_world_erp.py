"""The hub comes to the truth of a world's ERP, whatever it says late, twice, wrong, or takes back."""

import json
from collections import defaultdict
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from hub.consumers.base_data import base_data
from hub.consumers.crm_sync import crm_sync
from hub.consumers.erp_orders import erp_orders
from hub.operations.orders import Executed, executed, receivables
from hub.world import erp
from hub.world.compare import Comparison, compare
from hub.world.erp import Asked, Fate
from hub.world.erp_answers import carry_out
from hub.world.faults import Faults
from hub.world.truth import Truth
from hub.world.world import UNTIL, World
from tests.support.engine import Engine, Log


async def asked_by(world: World, database: str, engine: Engine, log: Log) -> list[Asked]:
    """Let the dealers live, and hear what the hub asks of the ERP."""
    said = [*world.utterances(1_600), *world.ending()]
    records = [log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in said]
    async with Engine(database, base_data) as oem:
        await oem.apply(record for record in records if record.topic == "oem.base")
    async with Engine(database, crm_sync) as crm:
        rest = [record for record in records if record.topic != "oem.base"]
        for at in range(0, len(rest), 200):
            await crm.apply(rest[at : at + 200])
            await engine.apply([one for one in await crm.relay(log) if one.topic == "hub.crm"])
    wanted = {(row["principal"], row["ref"]): row for row in await engine.rows("orders") if row["is_wanted"]}
    return [
        Asked(f"{principal.removeprefix('dealer:')}/{ref}", row["dealer"], row["opportunity"], row["win"], row["customer"], row["asked_at"])
        for (principal, ref), row in sorted(wanted.items())
    ]


async def compared(engine: Engine, rows: Mapping[str, Mapping[Any, Any]]) -> Comparison:
    found = {store: [row for row in await engine.rows(store) if row.get("is_wanted", True)] for store in rows}
    return compare(Truth(rows, (), {}, "-"), found, dead=await engine.rows("dead_letters"))


@pytest.mark.parametrize(("seed", "most_per_batch"), [(1, 100), (2, 5)])
async def test_the_hub_comes_to_the_truth_of_the_erp(database: str, seed: int, most_per_batch: int) -> None:
    world, log, rng = World(3, seed=seed, faults=Faults(late=0.1, corrected=0.1, bad=0, holding=0)), Log(), Random(seed)
    async with Engine(database, erp_orders) as engine:
        asked = await asked_by(world, database, engine, log)
        wins = {named: row["wins"] for named, row in world.truth().rows["opportunities"].items() if row["wins"]}
        assert {(f"dealer:{one.dealer}", one.opportunity, one.win) for one in asked} == {
            (*named, win + 1) for named, count in wins.items() for win in range(count)
        }
        assert len(asked) > 20
        await engine.db.execute("DELETE FROM outbox")
        said, rows, fates, _ = carry_out(rng, asked, f"s{seed}", UNTIL, late=0.2, repeated=0.2)
        records = [log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in said if one.topic.startswith("erp.")]
        while records:
            size = rng.randint(1, most_per_batch)
            await engine.apply(records[:size])
            records = records[size:]
        comparison = await compared(engine, rows)
        assert comparison.is_equal, (comparison.verdict, comparison.shown)
        assert {fate.status for fate in fates} >= {"requested", "completed", "delivered", "partly_despatched"}
        assert await engine.db.fetchval("SELECT count(*) FROM waiting") == 0
        await executions_agree(engine.url, fates)
        opens = [item["open_minor"] for item in rows["open_items"].values()]
        customers = (await receivables(engine.url)).customers
        assert sum(one.open for one in customers) == sum(minor for minor in opens if minor > 0) > 0
        assert sum(one.in_credit for one in customers) == -sum(minor for minor in opens if minor < 0) > 0


async def executions_agree(url: str, fates: list[Fate]) -> None:
    """`hub opportunity execution` says what the simulator knows."""
    of_opportunities = defaultdict(list)
    for one in fates:
        of_opportunities[one.asked.dealer, one.asked.opportunity].append(one)
    several = [named for named, those in of_opportunities.items() if len(those) > 1]
    for dealer, opportunity in [*several[:3], *list(of_opportunities)[:10]]:
        found = await executed(url, opportunity, dealer=dealer)
        assert isinstance(found, Executed)
        said = found.execution
        truth = erp.execution(of_opportunities[dealer, opportunity])
        counted = {name: getattr(said, name) for name in ("progress", "quantities", "amounts", "windows")}
        statuses = {status: count for status, count in said.statuses.items() if status != "withdrawn"}
        assert json.loads(json.dumps({**counted, "statuses": statuses})) == json.loads(json.dumps(truth))
