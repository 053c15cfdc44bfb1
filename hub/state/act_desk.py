"""Look up what became of operators' acts."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from hub.state.reading import Snapshot

_OF = text("SELECT event, effect, noted_at FROM act_effects WHERE event = ANY(:events)")


class Effect(NamedTuple):
    """What an act came to, a line each, and when it was carried out."""

    lines: tuple[str, ...]
    at: datetime


async def effects(moment: Snapshot, acts: Sequence[UUID]) -> dict[UUID, Effect]:
    """The effects of those acts that were carried out."""
    rows = await moment.execute(_OF, {"events": list(acts)})
    return {row[0]: Effect(tuple(row[1].split("\n")), row[2]) for row in rows}
