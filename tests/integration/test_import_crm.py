"""A CRM's export, taken over whole, leaves the store as the export says; importing it again changes nothing."""

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.base.v1 import BaseDatum
from contracts.envelope import HISTORICAL, Envelope, write
from hub.consumers.base_data import base_data as base_consumer
from hub.consumers.crm_sync import crm_sync
from hub.operations.base_file import STARTER
from hub.operations.base_file import read as read_base
from hub.producers.crm_export import Export, Said, read
from hub.producers.crm_mapping import load
from hub.rules.basedata import BaseData
from hub.rules.decision import Reject, Subject, Wait
from hub.rules.folding import Told, fold_all
from hub.state.stores import STORES
from hub.stream.outcome import Outcome
from hub.stream.record import event_name
from tests.support.crm_export import generate
from tests.support.engine import Engine, Log

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STANDING = {("won", "engaging"): 4238, ("lost", "engaging"): 2473, ("open", "engaging"): 1589, ("open", "prospecting"): 500}


@pytest.fixture(scope="session")
def sample() -> Export:
    """The real export, which is no part of this project."""
    folder = os.environ.get("HUB_SAMPLES")
    if not folder:
        pytest.skip("HUB_SAMPLES names no folder of samples")
    return read(Path(folder) / "crm", "ber-001", load(), now=NOW)


def laid_down() -> list[BaseDatum]:
    return [laid.datum for laid in read_base(STARTER).editions]


def folded(export: Export) -> dict[str, dict[str, Any]]:
    """The states that the events make by the rules alone, one subject at a time; nothing may wait or be refused."""
    subjects: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for said in export.events:
        name = event_name("crm-sync", "dealer:ber-001", export.source, said.id)
        [declared] = crm_sync.folds[said.lineage.name]
        told = Told(name, 0, said.lineage, said.body, export.source, said.id, is_historical=True)
        subjects[declared.store.name, said.lineage.ref(said.body)].append(told)
    base, states = BaseData(laid_down()), defaultdict[str, dict[str, Any]](dict)
    for (store, ref), events in subjects.items():
        result = fold_all(Subject("dealer:ber-001", ref), crm_sync.stores[store].rules, base, events)
        assert not [verdict for _, verdict in result.verdicts if isinstance(verdict, Wait | Reject)]
        states[store][ref] = result.state
    return states


def test_the_sample_makes_exactly_the_states_it_tells_of(sample: Export) -> None:
    states = folded(sample)
    assert len(states["customers"]) == 85
    sales = states["opportunities"].values()
    assert Counter((sale.status, sale.stage) for sale in sales) == STANDING
    assert {(sale.loss_reason, sale.competitor) for sale in sales if sale.status == "lost"} == {("not_recorded", "not_recorded")}
    assert sum(sale.customer is None for sale in sales) == 1425
    assert sum(sale.wins for sale in sales) == 0
    assert sum(sale.amount_minor or 0 for sale in sales) == 1_000_553_400
    assert {sale.product for sale in sales} <= {datum.id for datum in sample.base}


def test_the_samples_dirt_is_repaired_and_told(sample: Export) -> None:
    told = Counter(repair.field for repair in sample.report.repairs)
    assert told == {"sector": 12, "office_location": 2, "product": 1480, "account": 1425, "engage_date": 500}
    assert not sample.report.refusals
    assert sum(tally.imported for tally in sample.report.tallies.values()) == 85 + 8800 + 7 + 35


def on_the_log(log: Log, export: Export, events: Sequence[Said]) -> list[Any]:
    """The records as the importer publishes them."""
    return [
        log.write(
            f"dealer.{export.dealer}.events",
            said.body.model_dump_json(exclude_none=True).encode(),
            key=said.lineage.ref(said.body),
            headers=write(Envelope(said.id, export.source, said.lineage.wire, NOW, None, {HISTORICAL: "true"})),
            at=NOW,
        )
        for said in events
    ]


async def lay_down(url: str, log: Log) -> None:
    """The starter, as the consumer of base data folds it."""
    records = [
        log.write(
            "oem.base",
            datum.model_dump_json(exclude_none=True).encode(),
            key=datum.edition,
            headers=write(Envelope(datum.edition, "/oem/base", f"hub.{datum.KIND}.recorded.v1", NOW)),
        )
        for datum in laid_down()
    ]
    async with Engine(url, base_consumer) as engine:
        assert set(await engine.outcomes(records)) == {Outcome.HANDLED}


async def test_the_sample_comes_through_the_engine_and_a_second_time_changes_nothing(sample: Export, database: str) -> None:
    log = Log()
    await lay_down(database, log)
    expected = folded(sample)
    async with Engine(database, crm_sync) as engine:
        for outcome in (Outcome.HANDLED, Outcome.DUPLICATE):
            records = on_the_log(log, sample, sample.events)
            for start in range(0, len(records), 2_000):
                assert set(await engine.outcomes(records[start : start + 2_000])) == {outcome}
            for store, states in expected.items():
                rows = {row["ref"]: row for row in await engine.rows(store)}
                found = {ref: STORES[store].state(*(row[field] for field in STORES[store].state._fields)) for ref, row in rows.items()}
                assert found == states
        assert await engine.rows("outbox") == []


async def test_a_generated_export_comes_through_the_engine_as_it_was_made(tmp_path: Path, database: str) -> None:
    made, log = generate(tmp_path, seed=7), Log()
    export = read(tmp_path, "ber-001", load(), now=NOW)
    await lay_down(database, log)
    async with Engine(database, crm_sync) as engine:
        for outcome in (Outcome.HANDLED, Outcome.DUPLICATE):
            assert set(await engine.outcomes(on_the_log(log, export, export.events))) == {outcome}
            sales = await engine.rows("opportunities")
            assert Counter((sale["status"], sale["stage"]) for sale in sales) == made.standing
            assert sum(sale["customer"] is None for sale in sales) == made.unassigned
            assert sum(sale["amount_minor"] or 0 for sale in sales if sale["status"] == "won") == made.won_minor
            assert len(await engine.rows("customers")) == made.customers


async def test_a_later_export_of_the_same_sale_goes_on_from_there(tmp_path: Path, database: str) -> None:
    head = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\nO0,,,,Engaging,01-03-19,,\n"
    for name, text in (
        ("accounts.csv", "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"),
        ("products.csv", "product,series,sales_price\n"),
        ("sales_teams.csv", "sales_agent,manager\n"),
    ):
        (tmp_path / name).write_text(text)
    log = Log()
    await lay_down(database, log)
    stands = []
    async with Engine(database, crm_sync) as engine:
        for line in ("O1,,,,Prospecting,,,", "O1,,,,Engaging,05-02-19,,", "O1,,,,Won,05-02-19,04-03-19,12"):
            (tmp_path / "sales_pipeline.csv").write_text(f"{head}{line}\n")
            export = read(tmp_path, "ber-001", load(), now=NOW)
            await engine.apply(on_the_log(log, export, export.events))
            [_, sale] = await engine.rows("opportunities")
            stands.append((sale["status"], sale["stage"]))
        assert await engine.rows("dead_letters") == []
        assert await engine.rows("waiting") == []
    assert stands == [("open", "prospecting"), ("open", "engaging"), ("won", "engaging")]
