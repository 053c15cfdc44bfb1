"""What the documentation of FastStream and SQLAlchemy shows: a handler for each message, and in it a session with one commit."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

from faststream import Depends, FastStream
from faststream.kafka import KafkaBroker
from faststream.security import SASLScram512
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from bench.log import SMALL_TOPIC
from hub.settings import Settings
from hub.state import stores

GROUP = "BENCH_GROUP"


class Base(DeclarativeBase):
    """The mapped classes."""


class Customer(Base):
    """A row of the very table that the others write."""

    __table__ = stores.customers.table


class CustomerIn(BaseModel):
    """A message of the flat topic."""

    principal: str
    ref: str
    row_version: int
    ordered_at: datetime
    revision: int
    tie: str
    because: UUID
    customer_kind: str
    name: str
    status: str
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    sector: str | None = None
    revenue_minor: int | None = None
    revenue_currency: str | None = None
    employees: int | None = None
    segments: str
    note: str | None = None


def main() -> None:
    """Run until stopped."""
    settings = Settings()
    engine = create_async_engine(settings.database_url.get_secret_value().replace("postgresql://", "postgresql+asyncpg://", 1))
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    security = SASLScram512(settings.kafka_user, settings.kafka_password.get_secret_value(), use_ssl=False)
    broker = KafkaBroker(settings.kafka_bootstrap, security=security, logger=None)  # a line for each message would cost it more

    async def session() -> AsyncIterator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    @broker.subscriber(SMALL_TOPIC, group_id=os.environ[GROUP], auto_offset_reset="earliest")
    async def keep(customer: CustomerIn, db: Annotated[AsyncSession, Depends(session)]) -> None:
        values = customer.model_dump() | {"segments": []}
        await db.merge(Customer(**values))
        await db.commit()

    asyncio.run(FastStream(broker, logger=None).run())


if __name__ == "__main__":
    main()
