"""Tell whoever waits how far a run has come, and how long what is left will take."""

from time import perf_counter

from bench.pace import Pace
from bench.say import say

_EVERY, _LEAST = 10.0, 0.02


class Watch:
    """One run of so many; what comes after it is the pace's affair."""

    def __init__(self, name: str, count: int, pace: Pace) -> None:
        self.name, self.count = name, count
        self._pace, self._began = pace, perf_counter()
        self._said_at = self._began

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return perf_counter() - self._began

    def look(self, done: int) -> None:
        """So many are done; said only now and then, and not before enough are to tell from."""
        if perf_counter() - self._said_at >= _EVERY and done >= _LEAST * self.count:
            self._said_at = perf_counter()
            left = self._pace.left_within(self.name, self.seconds * (self.count - done) / done)
            say(f"{self.name}: {done:,} of {self.count:,}; about {left} left")
