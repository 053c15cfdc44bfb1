"""Who belongs to an audience, page by page."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql.selectable import FromClause

from contracts.campaigns import Audience
from contracts.values import PersonKind
from hub.rules.audience import Where
from hub.rules.birthdays import celebrated
from hub.rules.notices import Person
from hub.state import stores
from hub.state.audiences import Condition, holds
from hub.state.campaign_tables import campaign_recipients
from hub.state.campaigns import Page
from hub.state.store import Connection

_DIALECT = dialect()  # type: ignore[no-untyped-call] # SQLAlchemy's dialects have no types
_KINDS: dict[Audience, PersonKind] = {
    "customers": "customer",
    "contacts": "contact",
    "prospects": "prospect",
    "prospect_contacts": "contact",
}
_TABLES: dict[PersonKind, FromClause] = {
    "customer": stores.customers.table,
    "contact": stores.contacts.table,
    "prospect": stores.leads.table,
}


Besides = Callable[[FromClause], Condition]
"""What must hold of a person beside the conditions that somebody wrote."""


async def page(
    connection: Connection,
    audience: Audience,
    tree: Where,
    now: datetime,
    after: Page | None,
    limit: int,
    besides: Besides = lambda _: sa.true(),
) -> list[Person]:
    """The next people of whom the conditions hold, by principal and reference; whoever comes in behind the place is not seen."""
    kind = _KINDS[audience]
    table = _TABLES[kind].alias("t")
    chosen = sa.select(table.c.principal, table.c.ref).where(*_members(audience, table), holds(tree, table, now), besides(table))
    if after is not None:
        chosen = chosen.where(sa.tuple_(table.c.principal, table.c.ref) > sa.tuple_(sa.literal(after.principal), sa.literal(after.ref)))
    rows = await connection.fetch(*compiled(chosen.order_by(table.c.principal, table.c.ref).limit(limit)))
    return [Person(row[0], kind, row[1]) for row in rows]


async def count(
    connection: Connection, audience: Audience, tree: Where, now: datetime, besides: Besides = lambda _: sa.true()
) -> dict[str, int]:
    """How many people of each principal the conditions hold of."""
    table = _TABLES[_KINDS[audience]].alias("t")
    counted = sa.select(table.c.principal, sa.func.count()).where(*_members(audience, table), holds(tree, table, now), besides(table))
    rows = await connection.fetch(*compiled(counted.group_by(table.c.principal).order_by(table.c.principal)))
    return {row[0]: row[1] for row in rows}


def has_birthday(table: FromClause) -> Condition:
    """Whether anybody knows when it is."""
    return table.c.birthday.is_not(None)


def celebrates(campaign: str, day: date, leap_day: str) -> Besides:
    """Whether that day is somebody's birthday, and the campaign has not looked at them in that year: a day of birth may be corrected."""

    def holds_of(table: FromClause) -> Condition:
        born, noted = table.c.birthday, campaign_recipients.c
        dates = [
            sa.and_(sa.extract("month", born) == month, sa.extract("day", born) == of_month)
            for month, of_month in celebrated(day, leap_day)
        ]
        this_year = noted.day.between(date(day.year, 1, 1), date(day.year, 12, 31))
        is_known = sa.and_(noted.campaign == campaign, noted.principal == table.c.principal, noted.person == table.c.ref, this_year)
        return sa.and_(sa.or_(*dates), born < day, sa.not_(sa.select(sa.literal(1)).where(is_known).exists()))

    return holds_of


def compiled(statement: sa.Select[Any]) -> tuple[Any, ...]:
    """A statement's text for a pinned connection, and its values."""
    done = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return str(done), *(done.params[name] for name in done.positiontup or ())


def _members(audience: Audience, table: FromClause) -> Sequence[Condition]:
    """Contacts belong to prospects where who they speak for is one; a lead that became an opportunity is a prospect no longer."""
    match audience:
        case "customers":
            return ()
        case "prospects":
            return (table.c.status != "promoted",)
        case "contacts" | "prospect_contacts":
            customer = stores.customers.table.alias()
            known = sa.and_(customer.c.principal == table.c.principal, customer.c.ref == table.c.customer, customer.c.status == "prospect")
            is_a_prospects = sa.select(sa.literal(1)).where(known).exists()
            return (is_a_prospects if audience == "prospect_contacts" else sa.not_(is_a_prospects),)
