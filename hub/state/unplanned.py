"""Reminders for which there was no plan when they were last folded, and is one by now: the clock has them looked at again."""

from datetime import datetime

from hub.state.store import Connection
from hub.state.timers import Timer

_UNPLANNED = """
SELECT 'reminders', 'occasions', o.principal, o.ref, p.since FROM (
    SELECT b.id, max(greatest(a.came_at, b.effective_from::timestamp AT TIME ZONE 'UTC')) AS since
    FROM base_data b JOIN awaited a ON a.kind = b.kind AND a.ref = b.id
    WHERE b.kind = 'reminder_plan' AND a.came_at <= $1 AND b.effective_from <= ($1::timestamptz AT TIME ZONE 'UTC')::date
    GROUP BY b.id) p
JOIN occasions o ON o.kind = p.id AND o.as_of < p.since
WHERE o.next_at IS NULL AND o.ended_as IS NULL
LIMIT $2
"""


async def unplanned(connection: Connection, now: datetime, most: int) -> list[Timer]:
    """Reminders without a next step that were last folded before their plan held, with the moment from which on it does.

    That is when it was laid down, or the day that it names, if that came later.
    """
    return [Timer(*row) for row in await connection.fetch(_UNPLANNED, now, most)]
