"""Let go of what the door heard so long ago that nobody says it again."""

import asyncio
from datetime import timedelta

from hub.errors import Unavailable
from hub.patience import heed
from hub.producers.lines import Lines
from hub.state import door

MOST = 5_000
"""At once: the line to the database is everybody's, and who asks waits for it."""

_SELDOM_SECONDS, _SOON_SECONDS = 600.0, 1.0


async def sweep(lines: Lines, after: timedelta, stop: asyncio.Event) -> None:
    """Now and then, a part at a time, until told to stop."""
    while not stop.is_set():
        try:
            is_more = await lines.ask(lambda connection: door.forget_heard(connection, after, MOST)) == MOST
        except Unavailable:
            is_more = True  # it tells of itself where it is away
        await heed(stop, _SOON_SECONDS if is_more else _SELDOM_SECONDS)
