"""One dealer and its systems: what they say, in the order in which it reaches the hub."""
# ruff: noqa: PLR2004 - shares are the data of an invented world

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from hub.world import bad, lives, oem
from hub.world.faults import Faults, Speech, repetitions, speeches
from hub.world.lives import Draft
from hub.world.speech import Meant, Saying, Slip, written

BUSY = 40
"""Events on their way out of a dealer at any time."""
_PACE = 12.0
_LETTERS = {"customer": "K", "contact": "P", "lead": "L", "opportunity": "O"}


class Dealership:
    """A dealer with habits of its own: it may count revisions, in all systems or in one, and number each kind from one."""

    def __init__(self, dealer: str, seed: object, faults: Faults, mark: str, until: datetime) -> None:
        self.id, self.principal = dealer, f"dealer:{dealer}"
        self._rng = rng = Random(f"{seed}/{dealer}")
        self._faults, self._mark, self._until = faults, mark, until
        self._staff = oem.staff_of(dealer)
        self._revisions = rng.choice(("none", "none", "all", "all", "some"))
        self._has_one_count_per_kind = rng.random() < 0.2
        self._hours_east = rng.choice((0, 0, 1, 2, 5.5))
        self._systems = rng.sample(("dms", "crm", "web"), rng.choice((1, 1, 2)))
        self._numbers: Counter[str] = Counter()
        self._queue: list[tuple[float, int, Saying | Slip]] = []
        self._queued = 0
        self._tick = 0.0
        self._customers: list[str] = []
        self._contacts: list[str] = []
        self._last: Meant | None = None

    @property
    def queued(self) -> Iterator[Saying]:
        """What is still on its way, in no order."""
        return (said for _, _, said in self._queue if isinstance(said, Saying))

    def next(self) -> Saying | Slip:
        """What is said next."""
        if self._rng.random() < self._faults.bad:
            return self._slip()
        while len(self._queue) < BUSY:
            self._begin()
        self._tick, _, said = heappop(self._queue)
        if isinstance(said, Saying):
            self._last = said.event
        return said

    def _begin(self) -> None:
        """A customer comes, perhaps with contacts, a lead and an opportunity."""
        rng, faults = self._rng, self._faults
        customer = self._name("customer")
        parent = rng.choice(self._customers) if self._customers and rng.random() < 0.2 else None
        self._live("customer", customer, lives.customer(rng, self._moments(), self._staff, parent))
        self._customers = [*self._customers[-19:], customer]
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            contact = self._name("contact")
            self._live("contact", contact, lives.contact(rng, self._moments(), self._customers, self._contacts))
            self._contacts = [*self._contacts[-9:], contact]
        lead = self._name("lead") if rng.random() < 0.6 else None
        opportunity, came = self._name("opportunity"), None
        if lead is not None:
            life = lives.lead(rng, self._moments(), self._staff, customer if rng.random() < 0.5 else None, opportunity)
            came = life[0].at
            self._live("lead", lead, life)
        if rng.random() < 0.7:
            life = lives.opportunity(rng, self._moments(came), self._staff, customer, lead)
            self._live("opportunity", opportunity, life, is_historical=rng.random() < faults.historical)

    def _moments(self, since: datetime | None = None) -> Iterator[datetime]:
        return lives.moments(self._rng, self._until, since)

    def _live(self, kind: str, ref: str, life: list[Draft], *, is_historical: bool = False) -> None:
        """Send a subject's events on their way, and at times something bad under its key."""
        rng = self._rng
        system = rng.choice(self._systems)
        is_counted = self._revisions == "all" or (self._revisions == "some" and system == self._systems[0])
        start, highest = self._tick + rng.uniform(0, _PACE), len(life)
        wrong: dict[int, Meant] = {}
        for speech in speeches(rng, life, self._faults, _PACE):
            revision = speech.nth + 1 if is_counted else None
            source, corrects = f"/dealers/{self.id}/{system}", None
            if speech.role == "mends":
                source, revision, corrects = wrong[speech.nth].source, wrong[speech.nth].revision, wrong[speech.nth].id
                if revision is not None and speech.nth and rng.random() < 0.4:
                    revision = highest = highest + 1  # some systems count a correction as one more change, others mend the change itself
            elif self._revisions == "some" and speech.nth and rng.random() < 0.3:
                source, revision = f"/dealers/{self.id}/{self._systems[-1]}", None
            at = self._at(speech, life, is_counted=revision is not None)
            said = speech.draft.said | {"occurred_at": written(at, self._hours_east)}
            here = self._name(kind) if speech.role == "misfiled" else ref
            event = Meant(self.principal, speech.draft.deed, here, at, revision, corrects, source, self._id(source), said, is_historical)
            if speech.role in {"wrong", "misfiled"}:
                wrong[speech.nth] = event
            self._send(start + speech.after, Saying(event, speech.told, rng.random() < self._faults.structured))
            for later in repetitions(rng, self._faults):
                self._send(start + speech.after + later, Saying(event, "repeated", rng.random() < self._faults.structured))
        if rng.random() < self._faults.holding:
            slip = bad.under_a_living_key(rng, self.id, ref, self._id("bad"), self._until)
            self._send(start + rng.uniform(0, _PACE * len(life)), slip)

    def _at(self, speech: Speech, life: list[Draft], *, is_counted: bool) -> datetime:
        """When it happened by the clock of the system that says so.

        No clock errs across a change of the sales model: what was allowed on the day would be refused on another.
        """
        happened = life[speech.nth].at
        at = min(speech.draft.at, self._until)
        if speech.nth >= 2 and speech.role != "mends":
            luck = self._rng.random()
            if luck < 0.03:
                at = life[speech.nth - 1].at
            elif is_counted and luck < 0.08:
                at -= timedelta(days=self._rng.uniform(0, 400))  # its clock went wrong, its count did not
        return at if (at < oem.MODELS_CHANGED) == (happened < oem.MODELS_CHANGED) else happened

    def _name(self, kind: str) -> str:
        """A reference as its owner writes them; some owners use one number for a customer and for a contact."""
        self._numbers[kind] += 1
        number = self._numbers[kind]
        if self._has_one_count_per_kind:
            return f"{self._mark}-{number}"
        return f"{_LETTERS[kind]}{self._mark}{'/ä ' if number % 50 == 0 else '-'}{number}"

    def _id(self, system: str) -> str:
        """Each system counts for itself, so that ids repeat between systems and between dealers."""
        self._numbers[system] += 1
        return f"{self._mark}-{self._numbers[system]}"

    def _send(self, tick: float, said: Saying | Slip) -> None:
        self._queued += 1
        heappush(self._queue, (tick, self._queued, said))

    def _slip(self) -> Saying | Slip:
        self._numbers["slip"] += 1
        ref = f"X{self._mark}-{self._numbers['slip']}"
        return bad.under_a_fresh_key(self._rng, self.id, ref, self._id("bad"), self._until, self._last)
