"""Owners of cars whose service is due soon: reachable or not, of whom some object, and who must and must not have been reminded."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from hub.world.motoring import Driven, Motoring
from hub.world.reckoning import Row
from hub.world.speech import Meant, Utterance, binary, topic_of
from hub.world.truth import Named
from hub.world.world import World

_LAID_DOWN = datetime(2020, 1, 6, 9, tzinfo=UTC)
_DUE_AFTER = timedelta(days=16)
"""So long after the world's end the services are due: the step before has been passed by then, the next one has not."""
_STEP = "before"

Kind = Literal["mail", "bounces", "objects", "text", "stops"]
_KINDS: tuple[Kind, ...] = ("mail", "mail", "bounces", "objects", "text", "mail", "stops", "mail", "objects", "text")
_ANSWERS_STOP = "+496990009915"
"""A number that rings nowhere; the SMS provider of a hub on one machine answers STOP from it."""


class Drivers:
    """Some cars of a world's dealers and the people who drive them; the last thing said of each car is to whom it was handed over.

    So the hub knows everything when it reckons for the first time: nobody is reminded of what is known later to be done.
    """

    def __init__(self, world: World, cars: int = 40) -> None:
        dealers = world.dealer_ids
        self._world = world
        due_at = world.until + _DUE_AFTER
        self._motoring = (
            Motoring(dealers, cars, due_at, f"{world.mark} drivers", due_at=due_at, mark=world.mark) if len(dealers) > 1 else None
        )

    @property
    def segment(self) -> str:
        """The segment to which all owners belong, and no others."""
        return f"drivers-{self._world.mark}"

    @property
    def template(self) -> str:
        """The words of a mail and a text of marketing."""
        return "world-news"

    def base_data(self) -> Iterable[Utterance]:
        """The service plan that all cars follow, and words for news."""
        words = "The new estate is here: come and drive it."
        mjml = f"<mjml><mj-body><mj-section><mj-column><mj-text>{words}</mj-text></mj-column></mj-section></mj-body></mjml>"
        wording = {"language": "en", "email": {"subject": "The new estate", "mjml": mjml, "text": words}, "sms": {"text": words}}
        said = {"id": self.template, "effective_from": "1900-01-01", "name": "News", "wordings": [wording]}
        edition = f"template/{self.template}@1900-01-01"
        news = Meant("oem", "template.recorded", edition, _LAID_DOWN, None, None, "/oem/base", edition, said)
        return _spoken([Motoring.base_data(_LAID_DOWN), news])

    def people(self) -> list[Utterance]:
        """The owners, what they agree to, and everything that happened to their cars but the handovers."""
        if self._motoring is None:
            return []
        said = self._of_cars(is_handover=False)
        owners = [self._world.tell(self._owner(car)) for car in self._motoring.cars]
        wishes = [wish for car in self._motoring.cars for wish in self._wishes(car)]
        return [*owners, *_spoken([*wishes, *said])]

    def handovers(self) -> list[Utterance]:
        """Who got which car."""
        return [] if self._motoring is None else list(_spoken(self._of_cars(is_handover=True)))

    def readers(self) -> set[Named]:
        """Who agreed to news: the dealer and its own reference. A campaign must go to them, and to nobody else."""
        cars = self._motoring.cars if self._motoring else []
        return {(f"dealer:{car.dealer}", car.customer) for car in cars if self._kind(car) == "mail"}

    def truth(self) -> Mapping[str, Mapping[Named, Row]]:
        """The reminders that there must be, and no others: whose car it is, and whether he may be written to."""
        cars = self._motoring.cars if self._motoring else []
        return {
            "deliveries": {
                (f"dealer:{car.dealer}", f"{car.customer}/{_STEP}"): {"vin": car.vin, "is_excluded": self._kind(car) == "objects"}
                for car in cars
                if car.fate == "forgotten"
            }
        }

    def _of_cars(self, *, is_handover: bool) -> list[Meant]:
        lives = self._motoring.lives() if self._motoring else []
        return [heard.event for heard in lives if (heard.event.deed == "vehicle.handed_over") is is_handover]

    def _kind(self, car: Driven) -> Kind:
        """Every car in four is forgotten: of these, each kind in turn."""
        return _KINDS[int(car.customer.rpartition("-")[2]) // 4 % len(_KINDS)]

    def _owner(self, car: Driven) -> Meant:
        number = car.customer.rpartition("-")[2]
        reached: dict[str, Any]
        match self._kind(car):
            case "text":
                reached = {"phone": f"+493023125{int(number):03}"}
            case "stops":
                reached = {"phone": _ANSWERS_STOP}
            case "bounces":
                reached = {"email": f"driver-{number}+bounce@example.com"}
            case "mail" | "objects":
                reached = {"email": f"driver-{number}@example.com"}
        said = {
            "name": f"Driver {number}",
            "language": "de",
            "segments": [self.segment],
            "address": {"city": "Beispielstadt", "country": "DE"},
            **reached,
        }
        return self._say(car, "customer.recorded", "owner", said)

    def _wishes(self, car: Driven) -> Iterable[Meant]:
        about = {"person": car.customer, "purposes": ["service"], "proof": {"where": "handover"}}
        match self._kind(car):
            case "text" | "stops":
                yield self._say(car, "consent.given", "yes", {**about, "channels": ["sms"]})
            case "objects":
                yield self._say(car, "consent.withdrawn", "no", about)
            case "mail":  # mail about services needs no consent, news do
                yield self._say(car, "consent.given", "news", {**about, "purposes": ["news"], "channels": ["email"]})
            case "bounces":
                return

    def _say(self, car: Driven, deed: str, what: str, said: dict[str, Any]) -> Meant:
        at: datetime = car.handed_over_at.replace(microsecond=0)
        principal, source = f"dealer:{car.dealer}", f"/dealers/{car.dealer}/dms"
        return Meant(principal, deed, car.customer, at, None, None, source, f"{car.customer}-{what}", said)


def comparable(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A delivery as the truth speaks of it: a reminder of a service by whom it goes to and which step it is; None for any other."""
    if row["purpose"] != "service":
        return None
    fields = row["fields"]
    named = {"principal": row["principal"], "ref": f"{row['person']}/{fields['step']}"}
    return {**named, "vin": fields["vin"], "is_excluded": row["state"] == "excluded"}


def _spoken(events: Iterable[Meant]) -> Iterable[Utterance]:
    return (binary(topic_of(event), event, event.at) for event in events)
