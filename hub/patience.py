"""Wait, though not for too long: for an event, and between attempts."""

import asyncio
import contextlib
import random


async def heed(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event at most so long.

    `asyncio.wait_for` would lose a cancellation that comes with the event (Python 3.11), and who was told to end would go on.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def pause(attempt: int, *, first: float = 0.1, longest: float = 10.0) -> float:
    """Seconds before another attempt: at random up to a bound that doubles with each, so that those who failed together come apart."""
    return random.uniform(0, min(longest, first * 2 ** min(attempt, 10)))
