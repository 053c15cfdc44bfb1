"""Start again what ends by itself, each time a little later."""

import time
from collections.abc import Callable

from hub.errors import HubError

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
STEADY_SECONDS = 60.0


class Kept:
    """Something that ought to run: asked now and then, it starts what has ended, waiting twice as long after each failure."""

    def __init__(
        self,
        name: str,
        start: Callable[[], None],
        is_running: Callable[[], bool],
        on_progress: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.restarts = name, 0
        self._start, self._is_running, self._on_progress, self._clock = start, is_running, on_progress, clock
        self._delay, self._started_at, self._due_at = FIRST_DELAY, clock(), 0.0

    def check(self) -> bool:
        """Start it if it has ended and its time has come; whether it was started."""
        now = self._clock()
        if self._is_running():
            self._due_at = 0.0
            if now - self._started_at > STEADY_SECONDS:
                self._delay = FIRST_DELAY
            return False
        if not self._due_at:
            self._due_at = now + self._delay
            self._on_progress(f"{self.name} has ended; it is started again in {self._delay:g} s")
            self._delay = min(self._delay * 2, LONGEST_DELAY)
        if now < self._due_at:
            return False
        self._started_at, self._due_at = now, 0.0
        self.restarts += 1
        try:
            self._start()
        except HubError as error:
            self._on_progress(f"{self.name} could not be started: {error}")
        return True
