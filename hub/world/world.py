"""A world of dealers that says things, and knows what is true of all that it said."""
# ruff: noqa: PLR2004 - shares are the data of an invented world

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from random import Random
from zlib import crc32

from contracts.topics import DEALER_EVENTS, OEM_BASE
from hub.world import oem
from hub.world.dealership import Dealership
from hub.world.faults import Faults
from hub.world.speech import NEWER, SNAPSHOTS, Meant, Saying, Slip, Utterance, binary, serialised_again, structured
from hub.world.truth import Ledger, Truth

UNTIL = datetime(2025, 6, 30, tzinfo=UTC)
_TOWNS = ("ber", "ham", "muc", "cgn", "fra", "lej", "bre", "nue", "kie", "ros")


class World:
    """Says one record after another when asked; the same parameters say the same bytes.

    All that happens in it happens before `until`. Base data comes first; a hub that has not taken it yet
    when the dealers begin to speak may judge an event by an older edition.
    """

    def __init__(self, dealers: int = 20, seed: int = 1, faults: Faults | None = None, until: datetime = UNTIL) -> None:
        if not 1 <= dealers <= 9_990:
            raise ValueError(f"dealers: expected 1 to 9990, got {dealers}")
        self.faults, self.until = faults or Faults(), until
        self.mark = _base36(crc32(f"{seed} {until.isoformat()} {dealers} {self.faults}".encode()))
        self.dealer_ids = dealer_ids(dealers)
        self.told: Counter[str] = Counter()
        self._rng = Random(f"{seed} world")
        self._dealers = [Dealership(dealer, seed, self.faults, self.mark, until) for dealer in self.dealer_ids]
        self._ledger = Ledger(self.mark)
        self._base = iter([Saying(event, "") for event in oem.base_data(self.dealer_ids)])

    @property
    def topics(self) -> list[str]:
        """Every topic that it speaks to."""
        return [OEM_BASE.name, *(DEALER_EVENTS.of(dealer) for dealer in self.dealer_ids)]

    def base_data(self) -> list[Utterance]:
        """What is left to say of the base data."""
        return [self._say(said) for said in self._base]

    def say(self) -> Utterance:
        """What is said next."""
        for said in self._base:
            return self._say(said)
        rng = self._rng
        number = min(int(rng.random() * rng.random() * len(self._dealers)), len(self._dealers) - 1)  # some dealers talk more
        return self._say(self._dealers[number].next())

    def utterances(self, most: int | None = None) -> Iterator[Utterance]:
        """So many records, or records without end."""
        return islice(iter(self.say, None), most)

    def ending(self) -> list[Utterance]:
        """The beginnings still missing of what was spoken of, so that nobody waits for news any more."""
        waiting = {(wait.principal, wait.key) for wait in self._ledger.truth().waiting if wait.hold == "news"}
        missing = (
            said
            for dealer in self._dealers
            for said in dealer.queued
            if said.event.deed in BEGINNINGS and (said.event.principal, said.event.ref) in waiting
        )
        return [self._say(said) for said in missing]

    def truth(self) -> Truth:
        """What must be true of everything said so far, once the hub has taken all of it."""
        return self._ledger.truth()

    def tell(self, event: Meant) -> Utterance:
        """Say what somebody means beside all that; it is part of the truth from now on."""
        return self._say(Saying(event, ""))

    def _say(self, said: Saying | Slip) -> Utterance:
        self.told["records"] += 1
        if isinstance(said, Slip):
            return self._slip(said)
        event, told, is_structured = said
        topic = OEM_BASE.name if event.principal == "oem" else DEALER_EVENTS.of(event.principal.partition(":")[2])
        if told:
            self.told[told] += 1
        self.told["structured"] += is_structured
        utterance = (structured if is_structured else binary)(topic, event, event.at, told)
        if told == "repeated" and self._rng.random() < 0.5:
            utterance = serialised_again(utterance, self._rng)
        self._ledger.hear(topic, event)
        return utterance

    def _slip(self, said: Slip) -> Utterance:
        utterance = said.utterance
        self.told[utterance.told] += 1
        principal = DEALER_EVENTS.principal(utterance.topic)
        key = _text(utterance.key)
        if said.reason == NEWER:
            self._ledger.hear_newer(principal, key or "")
        else:
            self._ledger.hear_bad(utterance.topic, principal, key, said.reason)
        return utterance


BEGINNINGS = SNAPSHOTS | {"opportunity.opened"}


def dealer_ids(count: int) -> Sequence[str]:
    """Ids such as `ber-001`, the same ones first however many are asked for."""
    return [f"{_TOWNS[number % len(_TOWNS)]}-{number // len(_TOWNS) + 1:03}" for number in range(count)]


def _text(key: bytes | None) -> str | None:
    try:
        return None if key is None else key.decode()
    except UnicodeDecodeError:
        return None


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = digits[digit] + text
    return text or "0"
