"""When the messages of a campaign fall due: so many an hour, and only while its window is open."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_HOUR = 3_600_000_000  # microseconds


class Pace(NamedTuple):
    """At most `per_hour`, from `opens` to `closes` on the walls of `zone`; None: without that limit."""

    per_hour: int | None = None
    opens: str | None = None
    closes: str | None = None
    zone: str = "UTC"

    def within(self, moment: datetime) -> datetime:
        """The moment itself while the clock on the wall is between the two, else when it comes to be.

        An opening that the clocks skip in spring is as long after midnight as it would be; one that they strike twice counts each time.
        """
        if self.opens is None or self.closes is None:
            return moment
        opens, closes, zone = time.fromisoformat(self.opens), time.fromisoformat(self.closes), ZoneInfo(self.zone)
        while True:
            wall = moment.astimezone(zone)
            if opens <= wall.time() < closes:
                return moment
            day = wall.date() if wall.time() < opens else wall.date() + timedelta(days=1)
            fold = wall.fold if wall.time() < opens else 0
            moment = datetime.combine(day, opens, zone).replace(fold=fold).astimezone(UTC)

    def due(self, start: datetime) -> Iterator[datetime]:
        """When one message after the other falls due, from `start` on; without a pace all at once."""
        step = timedelta(microseconds=-(-_HOUR // self.per_hour) if self.per_hour else 0)  # rounded up: never one more
        moment = start
        while True:
            moment = self.within(moment)
            yield moment
            moment += step
