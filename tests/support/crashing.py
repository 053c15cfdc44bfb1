"""Run a hub process, or a word of the command line, that kills or freezes itself: `python -m tests.support.crashing NAME POINT`.

A point is `POINT` or `POINT@N`: at the N-th time it is passed with work in hand. The code that ships knows nothing of it.
"""

import asyncio
import functools
import itertools
import os
import shlex
import sys
from collections.abc import Callable
from signal import SIGKILL, SIGSTOP, Signals
from typing import Any

from hub import wiring
from hub.channels import lane
from hub.channels.flight import Flight
from hub.cli import mount
from hub.producers.course import Course
from hub.settings import Settings
from hub.state import campaigns, outbox, outcomes, timers
from hub.state.exchange import Exchange
from hub.state.offsets import Offsets
from hub.stream.batch import Batch
from hub.stream.lane import Lane

POINTS: dict[str, tuple[object, str, Signals]] = {
    "killed-before-commit": (Batch, "_fold", SIGKILL),
    "killed-after-commit": (Lane, "_settle", SIGKILL),
    "killed-before-receipt": (outbox, "sent", SIGKILL),
    "frozen-before-receipt": (outbox, "sent", SIGSTOP),
    "killed-before-letting-go": (timers, "fired", SIGKILL),
    "frozen-before-letting-go": (timers, "fired", SIGSTOP),
    "frozen-before-saying": (Course, "send", SIGSTOP),
    "killed-in-the-exchange": (Exchange, "take", SIGKILL),
    "killed-after-claim": (lane, "begin", SIGKILL),
    "killed-before-send": (Flight, "start", SIGKILL),
    "killed-before-record": (outcomes, "record", SIGKILL),
    "frozen-after-claim": (lane, "begin", SIGSTOP),
    "killed-before-plan-is-kept": (campaigns, "move", SIGKILL),
    "frozen-before-lock": (Offsets, "locking", SIGSTOP),
    "frozen-before-commit": (Batch, "_fold", SIGSTOP),
}
"""Where each point is, and the signal that the process sends itself on its way in; before a commit, on its way out of the work."""


def arm(point: str) -> None:
    """Put the signal before the function of that point."""
    name, _, turn = point.partition("@")
    place, attribute, signal = POINTS[name]
    function: Callable[..., Any] = getattr(place, attribute)
    turns = itertools.count(1)

    def harm() -> None:
        if next(turns) == int(turn or 1):
            os.kill(os.getpid(), signal)

    @functools.wraps(function)
    def harmed(*arguments: Any, **named: Any) -> Any:
        harm()
        return function(*arguments, **named)

    @functools.wraps(function)
    async def harmed_behind(*arguments: Any, **named: Any) -> Any:
        done = await function(*arguments, **named)
        harm()
        return done

    setattr(place, attribute, harmed_behind if name.endswith("-before-commit") else harmed)


if __name__ == "__main__":
    arm(sys.argv[2])
    words = shlex.split(sys.argv[1])
    if words[0] in wiring.PROCESSES:
        asyncio.run(wiring.run(words[0], Settings()))
    else:
        mount()(words)
