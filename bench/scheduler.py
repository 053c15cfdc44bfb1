"""APScheduler with its SQL job store, as its documentation shows it: each job inserts the delivery that the hub would plan."""

from datetime import UTC, datetime, timedelta
from functools import cache
from time import sleep
from uuid import uuid4

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects.postgresql import insert

from hub.settings import Settings
from hub.state.deliveries import delivery_id
from hub.state.delivery_tables import deliveries


def scheduler(engine: Engine) -> BackgroundScheduler:
    """Its defaults: ten threads."""
    return BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(engine=engine)}, timezone=UTC)


@cache
def _engine() -> Engine:
    url = Settings().database_url.get_secret_value()
    return create_engine(url.replace("+asyncpg", "+psycopg"), pool_size=11)  # ten workers, and the scheduler itself


def remind(number: int) -> None:
    """Plan the delivery."""
    now, key = datetime.now(UTC), f"service/{number}"
    row = {
        "id": delivery_id(key),
        "dedupe_key": key,
        "principal": f"dealer:d-{number % 1_000}",
        "person_kind": "customer",
        "person": f"C-{number}",
        "purpose": "service",
        "grantee": f"d-{number % 1_000}",
        "nature": "marketing",
        "template": "service-due",
        "fields": {"service": "Annual service", "step": "before", "due_on": now.date().isoformat()},
        "documents": [],
        "priority": 1,
        "due_at": now,
        "expires_at": now + timedelta(days=30),
        "consumer": "scheduler",
        "because": uuid4(),
    }
    with _engine().begin() as connection:
        connection.execute(insert(deliveries).values(row).on_conflict_do_nothing(index_elements=["id"]))


def main() -> None:
    """Run what is due, until it is stopped."""
    scheduler(_engine()).start()
    while True:
        sleep(1)


if __name__ == "__main__":
    main()
