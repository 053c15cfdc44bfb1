"""Which complaints are open, who has them in hand, and what is overdue."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from hub.operations.state_view import masked
from hub.rules.decision import dealer_of, principal_of
from hub.rules.masking import mask_reference
from hub.state import complaint_desk
from hub.state.complaint_desk import Choice, ComplaintRow
from hub.state.reading import snapshot


class Standing(NamedTuple):
    """A complaint as it stands now; `waits_for` is an answer or a solution, None where nothing has a deadline. Personal data is masked."""

    complaint: str
    taken_by: str
    dealer: str
    customer: str | None
    category: str
    status: str
    staff: str | None
    opened_at: datetime
    answered_at: datetime | None
    waits_for: str | None
    due_at: datetime | None
    is_overdue: bool
    answer_by: datetime | None
    solve_by: datetime | None
    closed_at: datetime | None
    outcome: str | None
    reopenings: int

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return self._asdict()


async def listed(
    url: str,
    *,
    dealer: str = "",
    category: str = "",
    staff: str = "",
    overdue: bool = False,
    closed_too: bool = False,
    most: int = 200,
) -> list[Standing]:
    """Complaints, what is overdue first; `dealer` says whose customers', also where the OEM took them."""
    now = datetime.now(UTC)
    whose = principal_of(dealer) if dealer else None
    choice = Choice(whose, category or None, staff or None, now if overdue else None, closed_too and not overdue)
    async with snapshot(url) as look:
        return [_standing(row, now) for row in await complaint_desk.listed(look, choice, most)]


def _standing(row: ComplaintRow, now: datetime) -> Standing:
    waits_for = None if row.due_at is None else "answer" if row.answered_at is None else "solution"
    return Standing(
        mask_reference(row.ref),
        dealer_of(row.taken_by),
        dealer_of(row.whose),
        masked("customer", row.customer),
        row.category,
        row.status,
        mask_reference(row.staff),
        row.opened_at,
        row.answered_at,
        waits_for,
        row.due_at,
        row.due_at is not None and row.due_at < now,
        row.answer_by,
        row.solve_by,
        row.closed_at,
        row.outcome,
        row.reopenings,
    )
