"""Whoever belongs to a customer with an open complaint is known to be left alone, of each dealer's customers apart."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from typer.testing import CliRunner

from contracts.activities import ACTIVITY_DONE, ACTIVITY_PLANNED
from contracts.base import COMPLAINT_TERMS_RECORDED
from contracts.complaints import COMPLAINT_ASSIGNED, COMPLAINT_CLOSED, COMPLAINT_RECEIVED
from contracts.contacts import CONTACT_RECORDED
from contracts.customers import CUSTOMER_RECORDED
from contracts.leads import LEAD_RECEIVED
from contracts.topics import OEM_BASE
from hub.cli import mount
from hub.consumers.crm_sync import crm_sync
from hub.consumers.reminders import reminders
from hub.operations.show import Shown, show
from hub.state import consents, rows
from hub.state.consents import Wish, standings
from tests.support.engine import Engine, Log

PEOPLE = [("customer", "C1"), ("customer", "C2"), ("contact", "P1"), ("prospect", "L1")]


async def left_alone(engine: Engine, dealer: str = "ber-001") -> list[str]:
    wishes = [Wish(f"dealer:{dealer}", *person, "email", "news", dealer, "key") for person in PEOPLE]
    await rows.make(engine.db, [consents.ROWS])
    found = await standings(engine.db, wishes, datetime.now(UTC))
    return [ref for (_, ref), standing in zip(PEOPLE, found, strict=True) if "open_complaint" in standing.reasons]


async def test_a_complaint_that_is_open_keeps_marketing_from_all_who_belong_to_its_customer(database: str) -> None:
    log = Log()

    def say(lineage: Any, id_: str, dealer: str = "ber-001", **fields: Any) -> Any:
        return log.say(lineage, fields, id=id_, dealer=dealer)

    async with Engine(database, crm_sync) as engine:
        await engine.apply(
            [
                say(CONTACT_RECORDED, "p", contact="P1", customer="C1", name="Ada"),
                say(LEAD_RECEIVED, "l", lead="L1", customer="C1", name="Ada"),
                say(COMPLAINT_RECEIVED, "b", complaint="B1", customer="C1", category="delivery", note="in private"),
            ]
        )
        assert await left_alone(engine) == ["C1", "P1", "L1"]
        assert await left_alone(engine, "muc-002") == []
        shown = await show(database, "complaint", "B1")
        assert isinstance(shown, Shown)
        assert shown.state is not None
        assert (shown.state["status"], shown.state["category"], shown.state["note"]) == ("open", "delivery", "<text, 10>")
        await engine.apply([say(COMPLAINT_CLOSED, "c", complaint="B1", occurred_at="2026-03-03T12:00:00Z")])
        assert await left_alone(engine) == []
        by_oem = {"complaint": "B2", "customer": "C2", "dealer": "muc-002", "occurred_at": "2026-03-03T12:00:00Z"}
        await engine.apply([log.say(COMPLAINT_RECEIVED, by_oem, id="o", topic="oem.crm", source="/oem/crm")])
        assert await left_alone(engine, "muc-002") == ["C2"]


async def test_deadlines_reach_whoever_has_a_complaint_in_hand_and_the_list_shows_what_is_overdue(database: str) -> None:
    log = Log()
    log.say(
        COMPLAINT_TERMS_RECORDED,
        {"id": "standard"},
        id="t",
        source="/oem/base",
        topic=OEM_BASE.name,
        key="complaint_terms/standard@1900-01-01",
    )
    async with Engine(database, crm_sync) as crm, Engine(database, reminders) as office:
        await crm.lay(log)

        async def say(lineage: Any, id_: str, **fields: Any) -> None:
            await crm.apply([log.say(lineage, {"complaint": "B1", **fields}, id=id_, dealer="ber-001")])
            await office.apply(await crm.relay(log))

        async def listed(*more: str) -> Any:
            done = await asyncio.to_thread(
                CliRunner(env={"HUB_DATABASE_URL": database}).invoke, mount(), ["complaints", "list", "--json", *more]
            )
            return json.loads(done.stdout)

        await say(COMPLAINT_RECEIVED, "a", customer="Ada Vogel", note="in private")
        await say(COMPLAINT_ASSIGNED, "b", staff="mira", occurred_at="2026-03-02T13:00:00Z")
        [one] = await listed("--overdue", "--staff", "mira")
        assert (one["complaint"], one["waits_for"], one["is_overdue"], one["due_at"]) == ("B1", "answer", True, "2026-03-05 00:00:00+00:00")
        assert one["customer"] != "Ada Vogel"
        shown = await asyncio.to_thread(CliRunner(env={"HUB_DATABASE_URL": database}).invoke, mount(), ["complaints", "show", "B1"])
        assert "answer_by: 2026-03-05 00:00:00Z" in shown.stdout
        [row] = await office.rows("agendas")
        assert [(item["name"], item["staff"]) for item in row["items"]] == [("B1/answer", "mira"), ("B1/solution", "mira")]
        assert row["next_at"] == datetime(2026, 3, 4, tzinfo=UTC)
        about = {"activity": "A1", "belongs_to": {"kind": "complaint", "ref": "B1"}}
        apart = Log()  # reminders reads nothing else of the dealer's topic
        planned = apart.say(ACTIVITY_PLANNED, {**about, "due_at": "2026-03-03T12:00:00Z"}, id="p", dealer="ber-001")
        done = apart.say(ACTIVITY_DONE, {**about, "result": "called", "occurred_at": "2026-03-03T11:00:00Z"}, id="d", dealer="ber-001")
        await office.apply([planned, done])
        await crm.apply(await office.relay(log))  # what was done about it was an answer
        await office.apply(await crm.relay(log))
        assert [one["waits_for"] for one in await listed("--dealer", "ber-001")] == ["solution"]
        await say(COMPLAINT_CLOSED, "e", occurred_at="2026-03-03T15:00:00Z")
        [row] = await office.rows("agendas")
        assert (row["is_open"], row["items"], row["next_at"]) == (False, [], None)
        assert await listed() == []
        assert [one["status"] for one in await listed("--all")] == ["closed"]


async def test_beside_a_customer_stand_its_complaints_whoever_took_them(database: str) -> None:
    log = Log()
    async with Engine(database, crm_sync) as engine:
        taken = {"complaint": "B1", "customer": "C1", "dealer": "muc-002"}
        await engine.apply(
            [
                log.say(CUSTOMER_RECORDED, {"customer": "C1", "name": "Ada"}, id="c", dealer="muc-002"),
                log.say(COMPLAINT_RECEIVED, {"complaint": "B2", "customer": "C1"}, id="d", dealer="ber-001"),
                log.say(COMPLAINT_RECEIVED, taken, id="o", topic="oem.crm", source="/oem/crm"),
            ]
        )
        shown = await show(database, "customer", "C1")
        assert isinstance(shown, Shown)
        assert [row["ref"] for row in shown.beside["complaints"]] == ["B1"]


async def test_a_dealer_s_activity_answers_the_oem_s_complaint_of_its_customer_whichever_comes_first(database: str) -> None:
    log, apart = Log(), Log()
    about = {"belongs_to": {"kind": "complaint", "ref": "B1"}, "due_at": "2026-03-03T12:00:00Z"}
    async with Engine(database, crm_sync) as crm, Engine(database, reminders) as office:
        for nth, dealer in enumerate(("ber-001", "muc-002")):
            planned = apart.say(ACTIVITY_PLANNED, {**about, "activity": "A1"}, id="p", dealer=dealer)
            done = {"activity": "A1", "belongs_to": about["belongs_to"], "result": "called", "occurred_at": f"2026-03-03T1{nth}:00:00Z"}
            await office.apply([planned, apart.say(ACTIVITY_DONE, done, id="d", dealer=dealer)])
        await crm.apply(await office.relay(log))
        assert await crm.rows("waiting") == []
        taken = {"complaint": "B1", "customer": "C1", "dealer": "muc-002"}
        await crm.apply([log.say(COMPLAINT_RECEIVED, taken, id="o", topic="oem.crm", source="/oem/crm")])
        [row] = await crm.rows("complaints")
        assert (row["principal"], row["answered_at"]) == ("oem", datetime(2026, 3, 3, 11, tzinfo=UTC))
        shown = await show(database, "complaint", "B1")
        assert isinstance(shown, Shown)
        assert shown.principal == "oem", "two dealers spoke of it, and one took it"
        changed = [(happening.type, happening.changed[0]) for happening in shown.timeline[1:]]
        assert changed[0] == ("activity.reported", "changes nothing: another dealer's customer complains")
        assert changed[1][1].startswith("answered_at: nothing → 2026-03-03 11:00:00Z")
