"""Each odometer reading by itself, as its dealer said it: what a prediction was made of can be looked up."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hub.rules.decision import Change, Decision, Facts, Subject


class OdometerReading(NamedTuple):
    """What an odometer showed, in kilometres; `origin` is the event type that brought it."""

    vin: str
    km: int
    read_at: datetime
    origin: str


def of_moment(event: Any, principal: str) -> Iterable[Subject]:  # noqa: ANN401 - whichever event may bring a reading
    """The dealer's reading of a car at that moment; none where the event brings none."""
    if event.odometer_km is None:
        return ()
    return (Subject(principal, f"{event.vin}@{event.occurred_at.astimezone(UTC).isoformat()}"),)


def read(_state: OdometerReading | None, event: Any, _facts: Facts) -> Decision[OdometerReading]:  # noqa: ANN401 - as above
    """What was read at one moment is one reading, however often it is said."""
    return Change(OdometerReading(event.vin, event.odometer_km, event.occurred_at, _ORIGINS[type(event).__name__]))


_ORIGINS = {"VehicleHandedOver": "handover", "VehicleSoldOn": "sale", "ServiceVisited": "visit", "OdometerRead": "reading"}
