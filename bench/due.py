"""Reminders of which very many are due at once, among many more that are not: as the hub keeps them, and as a scheduler does."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import create_engine

from bench.say import say
from bench.scheduler import remind
from contracts.base import ServicePlan
from contracts.vehicles import VehicleHandedOver
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Facts, Subject
from hub.rules.vehicles import EVERYBODY, Vehicle, handed_over
from hub.state.connect import connect

DEALERS = 1_000
_CHUNK = 100_000
_PLAN: dict[str, Any] = {"id": "annual", "name": "Annual service", "distance_km": 15_000}
_BASE = """
INSERT INTO base_data (principal, ref, row_version, ordered_at, revision, tie, because, kind, id, effective_from, retired, body)
VALUES ('oem', 'service_plan/annual@1900-01-01', 1, $1, 0, '', gen_random_uuid(), 'service_plan', 'annual', '1900-01-01', false,
        $2::text::jsonb)
"""
_VIN = "'WVWZZZ1JZ' || lpad(n::text, 8, '0')"
_VEHICLES = f"""
INSERT INTO vehicles (principal, ref, row_version, ordered_at, revision, tie, because, product, dealer, customer, held_since,
                      readings, reminders, due_on, next_at, as_of)
SELECT 'hub', {_VIN}, 1, $3, 0, '', gen_random_uuid(), 'tour-m', 'd-' || n % {DEALERS}, 'C-' || n, $3,
       $4::text::jsonb, $5::text::json, $6, $7, $3
FROM generate_series($1::int, $2::int) AS n
"""  # noqa: S608 - names of our own
_TIMERS = f"INSERT INTO timers SELECT 'reminders', 'vehicles', 'hub', {_VIN}, $3 FROM generate_series($1::int, $2::int) AS n"  # noqa: S608 - as above
_JOBS = """
INSERT INTO apscheduler_jobs (id, next_run_time, job_state)
SELECT 'later-' || n, extract(epoch FROM $3::timestamptz), (SELECT job_state FROM apscheduler_jobs LIMIT 1)
FROM generate_series($1::int, $2::int) AS n
"""


async def fill(url: str, due: int, rows: int, scheduled: int) -> None:
    """So many cars with a reminder each, of which `due` are due by now; the same many jobs, of which `scheduled` are."""
    say(f"filling with {rows:,} reminders")
    now = datetime.now(UTC)
    plan = ServicePlan.model_validate({"occurred_at": now, **_PLAN})
    connection = await connect(url, name="bench", command_timeout=600)
    await connection.execute(_BASE, now, plan.model_dump_json(exclude={"occurred_at", "revision", "corrects"}))
    for first, last, handover in ((0, due - 1, now - timedelta(days=336)), (due, rows - 1, now)):
        car = _car(plan, handover)
        for start in range(first, last + 1, _CHUNK):
            end = min(last, start + _CHUNK - 1)
            kept = (handover, json.dumps(car.readings), json.dumps(car.reminders), car.due_on, car.next_at)
            await connection.execute(_VEHICLES, start, end, *kept)
            await connection.execute(_TIMERS, start, end, car.next_at)
    _schedule(url, scheduled)
    for start in range(scheduled, rows, _CHUNK):
        await connection.execute(_JOBS, start, min(rows, start + _CHUNK) - 1, now + timedelta(days=300))
    for table in ("vehicles", "timers", "apscheduler_jobs"):
        await connection.execute(f"VACUUM (ANALYZE) {table}")
    await connection.execute("CHECKPOINT")
    await connection.close()


def _car(plan: ServicePlan, handover: datetime) -> Vehicle:
    """What the hub knows of a car after its handover, by its own rules: it is due in a year, and is told so 30 days before."""
    event = VehicleHandedOver(occurred_at=handover, vin="WVWZZZ1JZ00000000", customer="C", odometer_km=10, service_plans=("annual",))
    known = handed_over(None, event, Facts(Subject(EVERYBODY, event.vin), BaseData([plan]), speaker="dealer:d-0"))
    assert isinstance(known, Change)
    return known.state


def _schedule(url: str, scheduled: int) -> None:
    """The jobs that are due, written by the scheduler's own job store while the scheduler rests."""
    engine = create_engine(url.replace("+asyncpg", "+psycopg"))
    resting, store = BackgroundScheduler(timezone=UTC), SQLAlchemyJobStore(engine=engine)
    store.start(resting, "default")
    due = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(scheduled):
        job = resting.add_job(
            remind,
            "date",
            [number],
            id=f"due-{number}",
            run_date=due,
            next_run_time=due,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        store.add_job(job)
    engine.dispose()
