"""What the hub finds on the bills of the simulated world is what was planted there, and no more; what it owes is what it should."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from contracts import topics
from hub.consumers.freight import freight
from hub.consumers.shipments import shipments
from hub.stream.slips import Stored
from hub.world.haulage import ERRORS, Cargo, Haulage
from hub.world.speech import Meant, binary, topic_of
from tests.support.engine import Engine, Log
from tests.support.recalls import Ear

BEGIN = datetime(2025, 3, 3, 6, tzinfo=UTC)
END = BEGIN + timedelta(days=30)


def written(log: Log, events: Iterable[Meant]) -> list[Stored]:
    said = [binary(topic_of(event), event, event.at) for event in events]
    return [log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in said]


@pytest.fixture(scope="module")
def world() -> tuple[Haulage, list[Meant]]:
    """A month of carriage: what is said, and by whom it is known what is true."""
    haulage, rng = Haulage(seed=7, error_share=0.6), Random(7)
    said: list[Meant] = []
    for number in range(60):
        order = f"ber-001/O-{number}"
        cargo = [Cargo(f"{order}#{n}", "10", 100 * rng.randint(12, 24), f"WVWZZZ1JZ{number:06}{n:02}") for n in range(rng.randint(1, 4))]
        said += haulage.carry(cargo, BEGIN + timedelta(hours=11 * number))
    said += haulage.bills(END)
    said += haulage.credits(END + timedelta(days=3))
    return haulage, said


async def test_the_errors_found_are_those_that_were_planted(database: str, world: tuple[Haulage, list[Meant]]) -> None:
    haulage, said = world
    log = Log()
    written(log, haulage.base_data(BEGIN, END))
    records = written(log, said)
    async with Engine(database, freight) as engine:
        await engine.lay(log)
        for start in range(0, len(records), 40):
            await engine.apply(records[start : start + 40])
        unclear = [row["ref"] for row in await engine.rows("freight_charges") if row["status"] == "unclear"]
        await Ear(log).hear(engine.db, END + timedelta(days=8))
        await engine.apply(log.records[topics.TIMERS.name, 0])
        rows = {(row["principal"].removeprefix("carrier:"), row["ref"]): row for row in await engine.rows("freight_charges")}
        entries = await engine.rows("entries")
    found = {
        (carrier, ref, one["invoice"], one["line"], one["reason"], one["disputed_minor"])
        for (carrier, ref), row in rows.items()
        for one in row["findings"]
    }
    assert {error.reason for error in haulage.planted} == set(ERRORS)
    assert found == {tuple(error) for error in haulage.planted}
    assert sorted(unclear) == sorted(error.consignment for error in haulage.planted if error.reason == "unknown_shipment")
    for load in haulage.carried:
        row = rows[load.carrier, load.consignment]
        assert row["expected"] == load.charges
        assert row["cost_minor"] == sum(share["minor"] for share in row["allocations"] if share["currency"] == "EUR") == load.cost_minor
    accounts: dict[str, int] = defaultdict(int)
    for entry in entries:
        accounts[entry["account"]] += entry["minor"]
    assert sum(accounts.values()) == 0
    assert accounts["cost"] == sum(load.cost_minor for load in haulage.carried)


async def test_shipments_end_as_they_did_however_late_or_wrong_the_news(database: str, world: tuple[Haulage, list[Meant]]) -> None:
    haulage, said = world
    log = Log()
    tracked = [event for event in said if event.deed.startswith(("shipment.", "delivery."))]
    assert any(event.corrects for event in tracked)
    assert len({event.identity for event in tracked}) < len(tracked)
    records = written(log, tracked)
    async with Engine(database, shipments) as engine:
        for start in range(0, len(records), 40):
            await engine.apply(records[start : start + 40])
        rows = {(row["principal"], row["ref"]): row for row in await engine.rows("shipments")}
    assert len(rows) == len(haulage.carried)
    for load in haulage.carried:
        row = rows[f"carrier:{load.carrier}", load.consignment]
        assert (row["status"], row["delivered_at"], tuple(row["orders"])) == ("delivered", load.delivered_at, tuple(sorted(load.orders)))
