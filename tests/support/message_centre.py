"""A ledger with people in it, and a provider that counts what it gets: the message centre without Kafka."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Self
from uuid import UUID, uuid4

from contracts.values import Channel
from hub.channels.almanac import Almanac
from hub.channels.claim import Claimed, Desk, Terms
from hub.channels.courier import ROWS
from hub.channels.lane import Lane, WayOut, Written
from hub.channels.parcel import Accepted, Mail, Parcel, Receipt, Sms
from hub.errors import InputError
from hub.rules.bounce_wave import Brake
from hub.rules.limits import Limits
from hub.rules.notices import Notice
from hub.rules.quiet_hours import Hours
from hub.rules.windows import Limit
from hub.state import deliveries, rows
from hub.state.connect import connect
from hub.state.deliveries import Planned
from hub.state.store import Connection
from hub.telemetry import Metrics
from tests.support.notices import NOON

Answer = Callable[[Parcel], Awaitable[Receipt]]


async def accept(parcel: Parcel) -> Receipt:
    """What a provider says on a good day."""
    return Accepted(f"ref-{parcel.delivery[:8]}")


class CountingProvider:
    """Notes each parcel that reaches it, before it answers."""

    at_once = 8
    spare = 0
    longest = 10.0

    def __init__(self, answer: Answer = accept) -> None:
        self.answer = answer
        self.got: list[Parcel] = []

    async def send(self, parcel: Parcel) -> Receipt:
        self.got.append(parcel)
        return await self.answer(parcel)

    async def close(self) -> None:
        return


class Clock:
    """The database's clock, as a test sets it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.moment = now

    async def __call__(self, _connection: Connection) -> datetime:
        return self.moment


async def write(_connection: Connection, claimed: Sequence[Claimed], channel: Channel) -> Sequence[Written | InputError]:
    """One line of words for each."""
    return [
        Written(Parcel(str(one.due.id), one.address, Mail("hub@hub.example", b"") if channel == "email" else Sms("hub", one.due.template)))
        for one in claimed
    ]


class Centre:
    """Connections of one test, its clock and the terms of its claims."""

    def __init__(
        self, url: str, *, cap: int = 3, lease: float = 60, clock: Any = None, limits: str = "", brake: Brake | None = None
    ) -> None:
        self.url, self.clock, self.brake = url, clock or Clock(), brake or Brake(50, 10)
        self.almanac = Almanac("DE", Hours(time(8), time(20)))
        self.desk = Desk(Terms(timedelta(seconds=lease), Limit(cap, timedelta(days=7))), self.almanac, self.clock)
        self.limits = Limits.read(limits)
        self._open: list[Connection] = []

    async def __aenter__(self) -> Self:
        self.db = await self.connect()
        await rows.make(self.db, [deliveries.ROWS])
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(connection.close(timeout=2) for connection in self._open))

    async def connect(self) -> Connection:
        """One more connection."""
        self._open.append(await connect(self.url, name="test"))
        await rows.make(self._open[-1], ROWS)
        return self._open[-1]

    async def customer(self, ref: str, **other: Any) -> None:
        """Let there be a customer of `ber-001` who agreed to the newsletter by every channel, unless told otherwise."""
        state: dict[str, Any] = {
            "principal": "dealer:ber-001",
            "ref": ref,
            "customer_kind": "person",
            "name": f"Customer {ref}",
            "status": "active",
            "email": f"{ref.lower()}@example.com",
            "phone": "+49 30 23125 001",
            "street": "Allee 1",
            "postal_code": "10115",
            "city": "Berlin",
            "country": "DE",
            "segments": [],
            **other,
        }
        await self._put("customers", state)

    async def purpose(self, name: str = "newsletter", *, is_marketing: bool = True) -> None:
        """Lay down a purpose to which people agree by each channel."""
        body = {"id": name, "name": name, "is_marketing": is_marketing, "needs_consent": ["email", "sms", "post"]}
        await self._edition("consent_purpose", name, body)

    async def consent(self, person: str, status: str = "given", *, channel: str = "*", purpose: str = "newsletter") -> None:
        """A customer's word on what `ber-001` sends."""
        state = {
            "principal": "dealer:ber-001",
            "ref": f"{channel}/{purpose}/ber-001/customer/{person}",
            "channel": channel,
            "purpose": purpose,
            "grantee": "ber-001",
            "person_kind": "customer",
            "person": person,
            "status": status,
            "since": NOON - timedelta(days=1),
        }
        await self._put("consents", state)

    async def template(self, name: str = "spring") -> None:
        """Lay down words for mail, SMS and letters."""
        words = {
            "language": "en",
            "email": {
                "subject": "Hello",
                "mjml": "<mjml><mj-body><mj-text>Hello {{name}}</mj-text></mj-body></mjml>",
                "text": "Hello {{name}}",
            },
            "sms": {"text": "Hello {{name}}"},
            "post": {"subject": "Hello", "text": "Hello {{name}}"},
        }
        body = {"id": name, "name": name, "fields": [{"name": "name", "kind": "line", "is_required": True}], "wordings": [words]}
        await self._edition("template", name, body)

    async def calendar(self, ref: str, **fields: Any) -> None:
        """Lay down a country's or dealer's calendar."""
        await self._edition("calendar", ref, {"id": ref, "name": ref, **fields})

    async def report(self, delivery: UUID, status: str) -> None:
        """What a provider says of a delivery, a moment from now."""
        state = {"principal": "hub", "ref": str(delivery), "status": status, "since": NOON + timedelta(seconds=1)}
        await self._put("delivery_reports", state)

    async def document(self, name: str, version: str, content: bytes, **other: Any) -> None:
        """Lay down one version of a sales document."""
        facts = {"sha256": sha256(content).hexdigest(), "size": len(content), "file": f"{name}.pdf", "document_kind": "price_list"}
        await self._edition("sales_document", name, {"id": name, "title": name, "version": version, **facts, **other})

    async def people(self, *refs: str) -> None:
        """Customers who agreed to the newsletter, and the newsletter."""
        await self.purpose()
        for ref in refs:
            await self.customer(ref)
            await self.consent(ref)

    async def plan(self, *notices: Notice) -> None:
        """What rules say."""
        await deliveries.insert(self.db, "reminders", [Planned(notice, uuid4()) for notice in notices])

    def lane(self, provider: CountingProvider, *, channel: Channel = "email", name: str = "smtp") -> Lane:
        """One courier's lane to a provider."""
        return Lane(WayOut(channel, name, provider), self.desk, write, self.limits, self.brake, Metrics())

    async def ledger(self, *columns: str) -> list[tuple[Any, ...]]:
        """Every delivery by its key: these columns of it."""
        found = await self.db.fetch(f"SELECT {', '.join(columns)} FROM deliveries ORDER BY dedupe_key")  # noqa: S608 - a test's own words
        return [tuple(row) for row in found]

    async def until_somebody_waits(self, work: "asyncio.Task[Any]") -> None:
        """Until that work waits for a lock that another transaction holds, or is done because it asks for none."""
        while not work.done() and not await self.db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)

    async def _edition(self, kind: str, name: str, body: dict[str, Any]) -> None:
        edition = {
            "principal": "oem",
            "ref": f"{kind}/{name}@1900-01-01",
            "kind": kind,
            "id": name,
            "effective_from": date(1900, 1, 1),
            "retired": False,
            "body": body,
        }
        await self._put("base_data", edition)

    async def _put(self, table: str, state: dict[str, Any]) -> None:
        head = {"row_version": 1, "ordered_at": NOON, "revision": 0, "tie": "", "because": uuid4()}
        fields = {**head, **state}
        places = ", ".join(f"${n}" for n in range(1, len(fields) + 1))
        await self.db.execute(
            f"INSERT INTO {table} ({', '.join(fields)}) VALUES ({places})"  # noqa: S608 - a test's own words
            " ON CONFLICT (principal, ref) DO UPDATE SET " + ", ".join(f"{name} = EXCLUDED.{name}" for name in state),
            *fields.values(),
        )
