"""The frequency cap: how much marketing one person gets in so many days, whoever sends it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from hub.rules.notices import Person
from hub.rules.windows import Limit, Start, admit

CAPPED = "frequency_cap"
"""Why something is kept back."""


class Frequency:
    """Counts, as of one moment, what goes to each person on top of what went to them recently."""

    def __init__(self, recent: Mapping[Person, Sequence[datetime]], cap: Limit, now: datetime) -> None:
        self._starts = {person: tuple(Start(moment, 1) for moment in moments) for person, moments in recent.items()}
        self._cap, self._now = cap, now

    def again_at(self, person: Person) -> datetime | None:
        """None, and one more is counted; or when there is room again, where it is one too many."""
        admitted = admit(self._starts.get(person, ()), self._cap, self._now, 1)
        self._starts[person] = admitted.starts
        return admitted.again_at
