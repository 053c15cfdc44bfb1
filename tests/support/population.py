"""A small random population in the stores, with few values a field, so that conditions meet somebody."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, get_args, get_type_hints
from uuid import UUID

from hub.rules.activities import Activity
from hub.rules.consents import Consent
from hub.rules.contacts import Contact
from hub.rules.customers import Customer
from hub.rules.decision import Subject
from hub.rules.leads import Lead
from hub.rules.opportunities import Opportunity
from hub.rules.order import Position
from hub.rules.vehicles import Vehicle
from hub.state import rows, stores
from hub.state.store import Connection, Kept, Store
from hub.state.together import ask

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
TEXTS = ("Berlin", "berlin mitte", "München", "Ulm", "%", "_", "x' OR 1=1 --")
MOMENTS = tuple(NOW - timedelta(hours=hours) for hours in (0, 1, 12, 24, 36, 240, 2400, 9000))
DAYS = tuple(NOW.date() + timedelta(days=days) for days in (-400, -30, -1, 0, 1, 30))
NUMBERS = (0, 1, 5, 50)
SLUGS = ("fleet", "taxi", "vip")
CHOICES: dict[str, Sequence[Any]] = {
    "customer_kind": ("person", "organisation"),
    "lead_source": ("web", "fair"),
    "intention": ("purchase", "service"),
    "country": ("DE", "AT", "FR"),
    "language": ("de", "fr"),
    "revenue_currency": ("EUR", "USD"),
    "amount_currency": ("EUR", "USD"),
    "dealer": ("ber-01", "muc-01"),
    "sales_model": ("standard",),
    "stage": ("talk", "offer"),
    "loss_reason": ("price", "range"),
    "competitor": ("acme", "none"),
    "customer": ("R1", "R2", "R3", "R4"),
    "lead": ("R1", "R2", "R3"),
    "person": ("R1", "R2", "R3"),
    "belongs_ref": ("R1", "R2", "R3"),
    "person_kind": ("customer", "contact", "prospect"),
    "belongs_kind": ("customer", "lead", "opportunity"),
    "channel": ("email", "sms"),
    "purpose": ("news", "survey"),
    "grantee": ("oem", "ber-01"),
    "activity_type": ("call", "visit"),
    "superior": ("R1",),
    "parent": ("R1",),
}
STATUS: dict[type, Sequence[str]] = {
    Customer: ("prospect", "active", "dormant", "deceased"),
    Lead: ("new", "answered", "promoted", "dropped"),
    Opportunity: ("open", "won", "lost"),
    Consent: ("given", "withdrawn"),
    Activity: ("planned", "done", "cancelled"),
}
VALUES: dict[Any, Sequence[Any]] = {datetime: MOMENTS, date: DAYS, int: NUMBERS, bool: (True, True, False), str: TEXTS}
OPTIONAL = 0.25
"""How often a field that may be missing is."""


def _value(dice: random.Random, kind: type, field: str, hint: Any) -> Any:
    parts = get_args(hint)
    if type(None) in parts and dice.random() < OPTIONAL:
        return None
    if field == "status":
        return dice.choice(STATUS[kind])
    if field in CHOICES:
        return dice.choice(CHOICES[field])
    values = VALUES.get(next((part for part in parts if part is not type(None)), hint))
    return dice.choice(values) if values else sorted(dice.sample(SLUGS, dice.randint(0, 2)))


def some(dice: random.Random, kind: type, **fixed: Any) -> Any:
    """One state of a store."""
    return kind(**{name: fixed.get(name, _value(dice, kind, name, hint)) for name, hint in get_type_hints(kind).items()})


async def settle(connection: Connection, seed: int, size: int = 12) -> dict[str, list[dict[str, Any]]]:
    """Fill the four stores; returns the same rows as dictionaries, by store."""
    dice, found = random.Random(seed), dict[str, list[dict[str, Any]]]()
    kinds: tuple[tuple[Store[Any], type], ...] = (
        (stores.customers, Customer),
        (stores.contacts, Contact),
        (stores.leads, Lead),
        (stores.opportunities, Opportunity),
        (stores.consents, Consent),
        (stores.activities, Activity),
        (stores.vehicles, Vehicle),
    )
    for store, kind in kinds:
        states = {
            Subject(principal, f"R{n}"): some(dice, kind) for principal in ("dealer:ber-01", "dealer:muc-01", "oem") for n in range(size)
        }
        await put(connection, store, states)
        found[store.name] = [{"principal": s.principal, "ref": s.ref, **state._asdict()} for s, state in states.items()]
    return found


_numbers = count(1)


async def put(connection: Connection, store: Store[Any], states: dict[Subject, Any]) -> None:
    """Save states that no event made."""
    await rows.make(connection, store.rows)
    kept = {subject: Kept(1, Position(NOW, 0, "t"), UUID(int=next(_numbers)), state) for subject, state in states.items()}
    async with connection.transaction():
        await ask(connection, *store.saving(kept, {}))
