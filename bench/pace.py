"""How long what is left will take: as planned, and once it was measured as measured."""

from collections.abc import Mapping


class Pace:
    """Rounds that are left of each workload, and the seconds that each takes; `start` is what comes before the first."""

    def __init__(self, seconds: Mapping[str, float], rounds: Mapping[str, int], start: float = 0.0) -> None:
        self._seconds, self._left = dict(seconds), dict(rounds)
        self._start = start

    def began(self) -> None:
        """The servers stand, and whoever needs it is warm."""
        self._start = 0.0

    def took(self, workload: str, seconds: float) -> None:
        """One round of it is done, or will not be."""
        self._left[workload] -= 1
        self._seconds[workload] = seconds

    def gave_up(self, workload: str) -> None:
        """No more rounds of it."""
        self._left[workload] = 0

    @property
    def left(self) -> str:
        """For the reader."""
        return self.left_within("", 0.0)

    def left_within(self, workload: str, seconds: float) -> str:
        """The same while a round of the workload is under way, which has so many seconds to go."""
        rounds = {name: number - (name == workload) for name, number in self._left.items()}
        return lasting(self._start + seconds + sum(self._seconds[name] * number for name, number in rounds.items()))


def lasting(seconds: float) -> str:
    """A span of time as it is said: minutes where it is more than one and a half."""
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
