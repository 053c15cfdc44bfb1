"""Wait for a condition instead of for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
SECONDS = 60.0
INTERVAL = 0.02


def eventually(condition: Callable[[], T], seconds: float = SECONDS) -> T:
    """Ask again and again until the answer is true, and return it; fails with the last answer when time is up.

    An assertion that fails inside the condition counts as "not yet"; any other error flies.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            if answer := condition():
                return answer
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        else:
            assert time.monotonic() < deadline, f"not after {seconds} s; the last answer was {answer!r}"
        time.sleep(INTERVAL)


async def eventually_async(condition: Callable[[], Awaitable[T]], seconds: float = SECONDS) -> T:
    """The same for a condition that awaits, leaving the event loop to others meanwhile."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if answer := await condition():
                return answer
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        else:
            assert time.monotonic() < deadline, f"not after {seconds} s; the last answer was {answer!r}"
        await asyncio.sleep(INTERVAL)
