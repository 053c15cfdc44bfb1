"""How much one caller may ask of the door: a bucket of requests that fills again with time."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

_MOST_CALLERS = 10_000


class Limits:
    """At most `per_second` requests of one caller, in the long run; a burst of `burst` is let through.

    Only so many callers are remembered: one that is forgotten begins with a full bucket.
    """

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, max(1.0, burst), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Take one request; 0.0, or after how many seconds there is room for one."""
        now = self._clock()
        left, since = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + max(0.0, now - since) * self._per_second)
        may = left >= 1
        self._buckets[caller] = (left - 1 if may else left, now)
        while len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if may else (1 - left) / self._per_second
