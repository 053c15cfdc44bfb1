"""Owners of cars whose service is due soon: by which way they can be reached, who objects, and who must and must not have been reminded.

Beside them stand those of whom somebody named a day, who are reminded of that.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zlib import crc32

from contracts.values import Channel
from hub.world.motoring import Driven, Motoring
from hub.world.occasions import Occasions, is_client
from hub.world.reckoning import Row
from hub.world.speech import Meant, Utterance, binary, topic_of
from hub.world.truth import Named, together
from hub.world.world import World

_LAID_DOWN = datetime(2020, 1, 6, 9, tzinfo=UTC)
_DUE_AFTER = timedelta(days=16)
"""So long after the world's end the services are due: the step before has been passed by then, the next one has not."""
_STEP = "before"
_TODAY, _ANOTHER_DAY, _DAY = timedelta(days=1), timedelta(days=100), "%m-%d"
"""So long after the world's end is the birthday of every third of them, and that of the others: a world ends a day before it is told."""

Kind = Literal["mail", "bounces", "objects", "text", "stops", "letter", "paper", "moved", "refuses"]
_KINDS: tuple[Kind, ...] = (
    *("mail", "letter", "bounces", "objects", "text", "mail", "stops"),
    *("paper", "moved", "mail", "refuses", "letter", "objects", "text"),
)
"""Besides those of mail and text: who can only be written to on paper, who wants it so, who has moved away, and who refuses letters."""
_CHANNELS: Mapping[Kind, Channel] = {
    **dict.fromkeys(("mail", "bounces"), "email"),
    **dict.fromkeys(("text", "stops"), "sms"),
    **dict.fromkeys(("letter", "paper", "moved"), "post"),
}
"""By which a reminder must go; the others must get none."""
_AT_HOME = frozenset({"letter", "paper", "moved", "refuses"})
"""Whose address is known in full."""
ANY = ""
"""Whichever channel was looked at last, where nothing may be sent over any."""
_RING_NOWHERE = ("+496990009", "+493023125", "+494066969", "+492214710", "+498999998")
"""What numbers kept for invention begin with."""
_ANSWERS_STOP = "9915"
"""How a number ends from which the SMS provider of a hub on one machine answers STOP."""


class Drivers:
    """Some cars of a world's dealers and the people who drive them; the last thing said of each car is to whom it was handed over.

    So the hub knows everything when it reckons for the first time: nobody is reminded of what is known later to be done.
    """

    def __init__(self, world: World, cars: int = 56, clients: int = 32) -> None:
        dealers = world.dealer_ids
        self._world = world
        due_at = world.until + _DUE_AFTER
        self._motoring = (
            Motoring(dealers, cars, due_at, f"{world.mark} drivers", due_at=due_at, mark=world.mark) if len(dealers) > 1 else None
        )
        self._occasions = Occasions(tuple(dealers), world.until, world.mark, clients if len(dealers) > 1 else 0)

    @property
    def segment(self) -> str:
        """The segment to which all owners belong, and no others."""
        return f"drivers-{self._world.mark}"

    @property
    def birthdays(self) -> str:
        """The campaign that wishes them a happy birthday."""
        return f"birthdays-{self._world.mark}"

    @property
    def template(self) -> str:
        """The words of a mail and a text of marketing."""
        return "world-news"

    def base_data(self) -> Iterable[Utterance]:
        """The plans that all of them follow, and words for news."""
        words = "The new estate is here: come and drive it."
        mjml = f"<mjml><mj-body><mj-section><mj-column><mj-text>{words}</mj-text></mj-column></mj-section></mj-body></mjml>"
        subject = "The new estate"
        letter = {"subject": subject, "text": words}
        wording = {"language": "en", "email": {**letter, "mjml": mjml}, "sms": {"text": words}, "post": letter}
        said = {"id": self.template, "effective_from": "1900-01-01", "name": "News", "wordings": [wording]}
        edition = f"template/{self.template}@1900-01-01"
        news = Meant("oem", "template.recorded", edition, _LAID_DOWN, None, None, "/oem/base", edition, said)
        return _spoken([Motoring.base_data(_LAID_DOWN), *self._occasions.base_data(_LAID_DOWN), news])

    def people(self) -> list[Utterance]:
        """The owners and clients, what they agree to, and everything that happened to them but the handovers and invoices."""
        said = [*self._of_cars(is_handover=False), *self._occasions.endings()]
        people = [self._world.tell(one) for one in (*map(self._owner, self._cars), *self._occasions.people())]
        wishes = [wish for car in self._cars for wish in self._wishes(car)]
        return [*people, *_spoken([*wishes, *self._occasions.wishes(), *said])]

    def handovers(self) -> list[Utterance]:
        """Who got which car, and what was invoiced."""
        return list(_spoken([*self._of_cars(is_handover=True), *self._occasions.beginnings()]))

    def readers(self) -> dict[Named, Channel]:
        """Who agreed to news, and over which channel: a campaign must go to them by it, and to nobody else."""
        ways: dict[Kind, Channel] = {"mail": "email", "letter": "post", "paper": "post"}
        return {(f"dealer:{car.dealer}", car.customer): ways[kind] for car in self._cars if (kind := self._kind(car)) in ways}

    def wished(self, on: date) -> dict[Named, Channel]:
        """Who of them has a birthday on a day, as many have on the one after the world's end: they alone must be wished a happy one."""
        celebrate = {(f"dealer:{car.dealer}", car.customer) for car in self._cars if f"{self._birthday(car):{_DAY}}" == f"{on:{_DAY}}"}
        return {named: way for named, way in self.readers().items() if named in celebrate}

    def bouncing(self) -> set[Named]:
        """Who is reminded at an address that no longer exists: the mail server of a hub on one machine sends it back."""
        return {(f"dealer:{car.dealer}", car.customer) for car in self._cars if car.fate == "forgotten" and self._kind(car) == "bounces"}

    def moved(self) -> set[Named]:
        """To whom a letter goes and comes back: nobody of that name lives there."""
        return {(f"dealer:{car.dealer}", car.customer) for car in self._cars if car.fate == "forgotten" and self._kind(car) == "moved"}

    def truth(self) -> Mapping[str, Mapping[Named, Row]]:
        """The reminders that there must be, and no others: about what, by which way, and whether the person may be written to."""
        of_services = {
            (f"dealer:{car.dealer}", f"{car.customer}/{_STEP}"): {
                "about": car.vin,
                "is_excluded": self._kind(car) not in _CHANNELS,
                "channel": _CHANNELS.get(self._kind(car), ANY),
            }
            for car in self._cars
            if car.fate == "forgotten"
        }
        return together({"deliveries": of_services}, self._occasions.truth())

    @property
    def _cars(self) -> list[Driven]:
        return self._motoring.cars if self._motoring else []

    def _of_cars(self, *, is_handover: bool) -> list[Meant]:
        lives = self._motoring.lives() if self._motoring else []
        return [heard.event for heard in lives if (heard.event.deed == "vehicle.handed_over") is is_handover]

    def _kind(self, car: Driven) -> Kind:
        """Every car in four is forgotten: of these, each kind in turn."""
        return _KINDS[int(car.customer.rpartition("-")[2]) // 4 % len(_KINDS)]

    def _owner(self, car: Driven) -> Meant:
        """What comes back is heeded for good: no world has the addresses of another."""
        number = car.customer.rpartition("-")[2]
        reached: dict[str, Any]
        match self._kind(car):
            case "text":
                reached = {"phone": f"+493023125{int(number):03}"}
            case "stops":
                place, digits = divmod(crc32(self._world.mark.encode()) % (100 * len(_RING_NOWHERE)), 100)
                reached = {"phone": f"{_RING_NOWHERE[place]}{digits:02}{_ANSWERS_STOP}"}
            case "bounces":
                reached = {"email": f"driver-{self._world.mark}-{number}+bounce@example.com"}
            case "mail" | "objects" | "paper":
                reached = {"email": f"driver-{self._world.mark}-{number}@example.com"}
            case "letter" | "moved" | "refuses":
                reached = {}
        street = {"street": f"Musterweg {number}/{self._world.mark}", "postal_code": "12345"} if self._kind(car) in _AT_HOME else {}
        said = {
            "name": f"Driver {number}",
            "language": "de",
            "segments": [self.segment],
            "birthday": self._birthday(car).isoformat(),
            "address": {**street, "city": "Beispielstadt", "country": "DE"},
            **reached,
        }
        return self._say(car, "customer.recorded", "owner", said)

    def _birthday(self, car: Driven) -> date:
        """In leap years alone: whichever day the world ends on, somebody may have been born on it."""
        number = int(car.customer.rpartition("-")[2])
        day = self._world.until.date() + (_TODAY if number % 3 == 0 else _ANOTHER_DAY)
        return day.replace(year=1972 + number % 7 * 4)

    def _wishes(self, car: Driven) -> Iterable[Meant]:
        about = {"person": car.customer, "purposes": ["service"], "proof": {"where": "handover"}}
        match self._kind(car):
            case "text" | "stops":
                yield self._say(car, "consent.given", "yes", {**about, "channels": ["sms"]})
            case "objects":
                yield self._say(car, "consent.withdrawn", "no", about)
            case "mail":  # mail about services needs no consent, news do
                yield self._say(car, "consent.given", "news", {**about, "purposes": ["news"], "channels": ["email"]})
            case "letter":
                yield self._say(car, "consent.given", "yes", {**about, "purposes": ["service", "news"], "channels": ["post"]})
            case "paper":
                yield self._say(car, "consent.withdrawn", "no", {**about, "channels": ["email"]})
                yield self._say(car, "consent.given", "yes", {**about, "purposes": ["service", "news"], "channels": ["post"]})
            case "refuses":
                yield self._say(car, "consent.withdrawn", "no", {**about, "channels": ["post"]})
            case "bounces" | "moved":
                return

    def _say(self, car: Driven, deed: str, what: str, said: dict[str, Any]) -> Meant:
        at: datetime = car.handed_over_at.replace(microsecond=0)
        principal, source = f"dealer:{car.dealer}", f"/dealers/{car.dealer}/dms"
        return Meant(principal, deed, car.customer, at, None, None, source, f"{car.customer}-{what}", said)


def comparable(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A delivery as the truth speaks of it: a reminder by whom it goes to and which step it is; None for any other.

    Of the world's other customers, too, some have had a car for long or owe something: of them the truth does not speak.
    """
    if row["purpose"] != "service" and not is_client(row["person"]):
        return None
    fields = row["fields"]
    named = {"principal": row["principal"], "ref": f"{row['person']}/{fields['step']}"}
    is_excluded = row["state"] == "excluded"
    about = fields.get("vin") or fields["invoice"]
    return {**named, "about": about, "is_excluded": is_excluded, "channel": ANY if is_excluded else row["channel"]}


def _spoken(events: Iterable[Meant]) -> Iterable[Utterance]:
    return (binary(topic_of(event), event, event.at) for event in events)
