"""Campaigns for tests: people in the stores, what the OEM says, and a planner that expands by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from contracts import campaigns as said
from contracts.base import CONSENT_PURPOSE_RECORDED
from contracts.campaigns import CampaignPrepared
from contracts.consents import CONSENT_GIVEN
from contracts.contract import Lineage
from contracts.topics import OEM_BASE, OEM_CAMPAIGNS
from hub.channels.reach import reach
from hub.consumers.campaigns import campaigns
from hub.producers.planner import ROWS, Planner
from hub.rules.campaigns import digest
from hub.rules.customers import Customer
from hub.rules.decision import Subject
from hub.state import rows, stores
from hub.state.store import Connection
from tests.support import population
from tests.support.engine import NOON, Engine, Log
from tests.support.passes import lay, signed_record

DEALER = "ber-001"
PRINCIPAL = f"dealer:{DEALER}"


def customer(email: str | None = None, **other: Any) -> Customer:
    """Somebody of whom little is known."""
    known = {"customer_kind": "person", "name": "Ada Vogel", "status": "active", "segments": [], "email": email, **other}
    return Customer(**{**dict.fromkeys(Customer._fields), **known})  # type: ignore[arg-type]


async def settle(connection: Connection, people: dict[str, Customer]) -> None:
    """Customers of the dealer, by reference."""
    await population.put(connection, stores.customers, {Subject(PRINCIPAL, ref): one for ref, one in people.items()})


def crowd(size: int) -> dict[str, Customer]:
    """So many customers, each with an address of their own."""
    return {f"C{n:05}": customer(f"c{n}@people.example") for n in range(size)}


class Office:
    """The OEM's people who say things of campaigns, and the consumer that folds them."""

    def __init__(self, engine: Engine, log: Log, now: datetime = NOON) -> None:
        self.engine, self.log, self.now = engine, log, now
        self._count = 0
        self.plans: dict[str, CampaignPrepared] = {}

    async def says(self, lineage: Lineage[Any], name: str, who: str = "mira", **body: Any) -> None:
        """One record on oem.campaigns, folded at once; each is a second after the one before."""
        self._count += 1
        at = self.now + timedelta(seconds=self._count)
        record = {"occurred_at": at.isoformat(), "campaign": name, "who": who, "why": "test", **body}
        told = self.log.say(
            lineage, signed_record(lineage, record), id=f"o{self._count}", topic=OEM_CAMPAIGNS.name, source=f"/oem/campaigns/{who}"
        )
        await self.engine.apply([told])

    async def prepares(self, name: str, **other: Any) -> None:
        """All that a campaign is: a recall to every customer by e-mail, unless said otherwise."""
        plan = {
            "title": "Recall",
            "audience": "customers",
            "channels": ["email"],
            "template": "recall",
            "purpose": "recall",
            "nature": "recall",
            "expires_at": (self.now + timedelta(days=30)).isoformat(),
            **other,
        }
        head = {"occurred_at": self.now.isoformat(), "campaign": name, "who": "mira", "why": "test"}
        self.plans[name] = said.CAMPAIGN_PREPARED.decode(1, _packed({**head, **plan}))
        await self.says(said.CAMPAIGN_PREPARED, name, **plan)

    async def approves(self, name: str, who: str = "jonas") -> None:
        """The plan as it was prepared."""
        await self.says(said.CAMPAIGN_APPROVED, name, who, prepared_by="mira", plan=digest(self.plans[name]))

    async def releases(self, name: str, **other: Any) -> None:
        """Prepared, approved and released."""
        await self.prepares(name, **other)
        await self.approves(name)
        await self.says(said.CAMPAIGN_RELEASED, name, plan=digest(self.plans[name]))

    async def status(self, name: str) -> str:
        """How the campaign stands."""
        return str(await self.engine.db.fetchval("SELECT status FROM campaigns WHERE ref = $1", name))


def _packed(body: dict[str, Any]) -> bytes:
    import json

    return json.dumps(body).encode()


@asynccontextmanager
async def office(database: str) -> AsyncIterator[Office]:
    """An office of its own."""
    async with Engine(database, campaigns) as engine:
        await rows.make(engine.db, ROWS)
        log = Log()
        lay(log, ("mira", "jonas", "Mira"))
        await engine.lay(log)
        yield Office(engine, log)


async def agree(office: Office, *refs: str, channel: str = "email") -> None:
    """These customers agree to news from the dealer; the purpose is laid down."""
    body = {"id": "news", "name": "News"}
    office.log.say(CONSENT_PURPOSE_RECORDED, body, id="p1", source="/oem/base", topic=OEM_BASE.name, key="consent_purpose/news@1900-01-01")
    await office.engine.lay(office.log)
    given = {"channels": [channel], "purposes": ["news"], "proof": {"where": "counter"}}
    await office.engine.apply([office.log.say(CONSENT_GIVEN, {"person": ref, **given}, id=f"a{ref}", dealer=DEALER) for ref in refs])


def planner(now: datetime, *, chunk: int = 100, horizon: timedelta = timedelta(minutes=10)) -> Planner:
    """A planner whose clock stands still."""

    async def nothing() -> Connection:
        raise AssertionError("a test hands the connection in")

    return Planner(
        nothing,
        lambda: None,
        interval=1,
        chunk=chunk,
        horizon=horizon,
        reach=lambda who, channels: reach(who, "DE", channels),
        now=lambda: now,
    )
