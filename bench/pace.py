"""How long what is left will take: as planned, and once it was measured as measured."""

from collections.abc import Mapping

from bench.plan import Plan


class Pace:
    """Rounds that are left of each workload, and what each takes."""

    def __init__(self, plan: Plan, rounds: Mapping[str, int]) -> None:
        self._seconds, self._left = dict(plan.seconds), dict(rounds)
        self._start = plan.start_seconds

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
        seconds = self._start + sum(self._seconds[workload] * rounds for workload, rounds in self._left.items())
        return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
