"""Complaints for a person's eyes: whose they are, who has them in hand, and by when something is due."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from hub.rules.complaints import OPEN
from hub.state import stores
from hub.state.reading import Snapshot


class ComplaintRow(NamedTuple):
    """A complaint as it stands; `taken_by` and `whose` are principals."""

    taken_by: str
    ref: str
    whose: str
    customer: str
    category: str
    status: str
    staff: str | None
    opened_at: datetime
    answered_at: datetime | None
    answer_by: datetime | None
    solve_by: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    reopenings: int


class Choice(NamedTuple):
    """Which complaints; what is None or false does not matter. `before`: only those whose next deadline was before that moment."""

    whose: str | None = None
    category: str | None = None
    staff: str | None = None
    before: datetime | None = None
    closed_too: bool = False


async def listed(look: Snapshot, choice: Choice, most: int) -> list[ComplaintRow]:
    """Those chosen: what is due first comes first, then what has no deadline, then what is closed."""
    table = stores.complaints.table.c
    fields = [table[name] for name in ComplaintRow._fields[1:]]
    query = sa.select(table.principal, *fields).order_by(
        table.status != OPEN, sa.nulls_last(table.due_at), table.opened_at, table.principal, table.ref
    )
    for column, value in ((table.whose, choice.whose), (table.category, choice.category), (table.staff, choice.staff)):
        query = query if value is None else query.where(column == value)
    if choice.before is not None:
        query = query.where(table.due_at < choice.before)
    if not choice.closed_too:
        query = query.where(table.status == OPEN)
    return [ComplaintRow(*row) for row in await look.execute(query.limit(most))]
