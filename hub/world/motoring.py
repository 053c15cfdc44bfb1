"""Cars in their owners' hands: driven at a pace that is known, read at times wrongly, served here or elsewhere, and sold on.

The world knows when each first service is due by rights, who must be reminded of it, and who must not.
"""
# ruff: noqa: PLR2004 - shares are the data of an invented world

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal, NamedTuple
from zlib import crc32

from hub.world.speech import Meant

PLAN = "annual"
MONTHS_DAYS, DISTANCE_KM = 365, 15_000
STEPS = {"before": -30, "due": 0, "overdue": 21}
DAYS = 396
"""So long the world looks at each car: past its first service's last step, and before the first step of its second."""
Fate = Literal["forgotten", "served", "served_elsewhere", "sold", "answered"]
_FATES: Sequence[Fate] = ("forgotten", "served", "served_elsewhere", "sold", "answered")


class Driven(NamedTuple):
    """One car and what becomes of it; its owner must be reminded of its first service if it was `forgotten`, by these steps."""

    vin: str
    dealer: str
    customer: str
    handed_over_at: datetime
    km_a_day: int
    fate: Fate

    @property
    def due_after(self) -> float:
        """Days from the handover to its first service, by rights."""
        return min(MONTHS_DAYS, DISTANCE_KM / self.km_a_day)

    @property
    def steps(self) -> frozenset[str]:
        """The steps of which its owner must hear, once each, and of no other: a no after the first one ends them."""
        return frozenset(STEPS if self.fate == "forgotten" else ("before",) if self.fate == "answered" else ())


class Heard(NamedTuple):
    """What somebody means, and when he gets round to saying it."""

    at: datetime
    event: Meant


class Motoring:
    """Some cars of some dealers; the same parameters say the same. Half of the cars have a mistyped reading, a third of all come late.

    With `due_at` all of them are due then for the first time, and were handed over long enough before, whatever `begin` says: nobody
    has answered a reminder yet. A `mark` stands in VINs and references, so that worlds may follow one another on one hub.
    """

    def __init__(
        self, dealers: Sequence[str], cars: int, begin: datetime, seed: object = 1, *, due_at: datetime | None = None, mark: str = ""
    ) -> None:
        if len(dealers) < 2:
            raise ValueError("dealers: expected two or more, so that a car can be served elsewhere")
        rng = Random(f"{seed} motoring")
        self._dealers = dealers
        self._numbers, self._mark = 0, mark
        fates = _FATES if due_at is None else _FATES[:-1]
        self.cars = [
            Driven(
                f"WVWZ{crc32(mark.encode()) % 10**9:09}{number:04}" if mark else f"WVWZZZ1JZ{number:08}",
                rng.choice(dealers),
                f"K{mark}-car-{number}" if mark else f"K-{number}",
                begin + timedelta(hours=number),
                rng.choice((20, 28, 35, 45, 52, 60)),
                fates[number % len(fates)],
            )
            for number in range(cars)
        ]
        if due_at is not None:
            self.cars = [car._replace(handed_over_at=due_at - timedelta(days=car.due_after)) for car in self.cars]
        self._rng = rng

    @staticmethod
    def base_data(at: datetime) -> Meant:
        """The plan that all of them follow."""
        said = {
            "id": PLAN,
            "effective_from": "1900-01-01",
            "name": "Annual service",
            "months": 12,
            "distance_km": DISTANCE_KM,
            "steps": [{"id": name, "days": days} for name, days in STEPS.items()],
            "zone": "Europe/Berlin",
        }
        edition = f"service_plan/{PLAN}@1900-01-01"
        return Meant("oem", "service_plan.recorded", edition, at, None, None, "/oem/base", edition, said)

    def lives(self) -> list[Heard]:
        """All that dealers say of these cars, in the order in which they say it."""
        return sorted((heard for car in self.cars for heard in self._life(car)), key=lambda heard: heard.at)

    def _life(self, car: Driven) -> list[Heard]:
        rng = self._rng
        said = [self._say(car, "vehicle.handed_over", 0, {"customer": car.customer, "odometer_km": 0, "service_plans": [PLAN]})]
        day, is_typed_well = 0.0, rng.random() < 0.5
        while (day := day + rng.randint(25, 45)) < car.due_after - 75:
            km = round(car.km_a_day * day) + rng.randint(-15, 15)
            if not is_typed_well and day > 30 and rng.random() < 1 / 3:
                is_typed_well = True
                km = km * 10 + rng.randrange(10) if rng.random() < 0.5 else km // 10
            late = rng.uniform(1, 20) if rng.random() < 1 / 3 else 0.0
            where = rng.choice(self._dealers) if rng.random() < 0.2 else car.dealer
            said.append(self._say(car, "odometer.read", day, {"odometer_km": km}, dealer=where, late=late))
        return [*said, *self._end(car)]

    def _end(self, car: Driven) -> list[Heard]:
        """What happens before its first service, or after its first reminder."""
        soon = car.due_after - 60
        elsewhere = next(dealer for dealer in self._dealers if dealer != car.dealer)
        match car.fate:
            case "served" | "served_elsewhere":
                body = {"service_plans": [PLAN], "odometer_km": round(car.km_a_day * soon)}
                where = car.dealer if car.fate == "served" else elsewhere
                return [self._say(car, "service.visited", soon, body, dealer=where, late=self._rng.choice((0.0, 9.0)))]
            case "sold":
                return [self._say(car, "vehicle.sold_on", soon, {}, dealer=self._rng.choice((car.dealer, elsewhere)))]
            case "answered":
                return [self._say(car, "reminder.answered", car.due_after - 12, {"service_plan": PLAN, "answer": "declined"})]
            case "forgotten":
                return []

    def _say(self, car: Driven, deed: str, day: float, said: dict[str, Any], *, dealer: str = "", late: float = 0.0) -> Heard:
        dealer = dealer or car.dealer
        at = (car.handed_over_at + timedelta(days=day)).replace(microsecond=0)
        self._numbers += 1
        event = Meant(
            f"dealer:{dealer}", deed, car.vin, at.astimezone(UTC), None, None, f"/dealers/{dealer}", f"m-{self._mark}{self._numbers}", said
        )
        return Heard(at + timedelta(days=late), event)
