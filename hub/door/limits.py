"""How much one caller may ask of the door: a bucket of requests that fills again with time."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

_MOST_CALLERS = 10_000

LINKS = 0.2, 20.0
"""How often one link is followed: whoever has one could fill the log with what it says, or the line with what it gives."""


class Limits:
    """At most `per_second` requests of one caller, in the long run; a burst of `burst` is let through.

    Only so many callers are remembered: one that is forgotten begins with a full bucket.
    """

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, max(1.0, burst), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str, weight: float = 1.0) -> float:
        """Take one request, which weighs as much as so many; 0.0, or after how many seconds there is room for it."""
        now = self._clock()
        left, since = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + max(0.0, now - since) * self._per_second)
        weight = min(max(1.0, weight), self._burst)  # what weighs more than the bucket holds empties it
        may = left >= weight
        self._buckets[caller] = (left - weight if may else left, now)
        while len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if may else (weight - left) / self._per_second
