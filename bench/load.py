"""The load: customers' full snapshots of about 1 KB, the same for every contender."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5
from typing import NamedTuple
from zlib import crc32

from contracts import envelope as cloudevents
from contracts import topics
from contracts.customers import CUSTOMER_RECORDED

_TEXT = (
    "offer order order-book delivery window workshop van fleet lease buyer visit call letter invoice tariff trailer spare part"
    " tyre service plan engine battery range charge garage north south market demand model year trade stock showroom test drive"
)
WORDS = _TEXT.split()
_CHANCE = random.Random(1)
_NOTES = [" ".join(_CHANCE.choices(WORDS, k=95)) for _ in range(997)]
FIRST_DAY = "2026-01-01T00:00:00Z"


class Event(NamedTuple):
    """One snapshot: event `number` says everything about customer `ref` of dealer `dealer`."""

    number: int
    dealer: int
    ref: str
    note: str

    @property
    def digest(self) -> int:
        """What the row must show that this event made; the same sum is taken in the database."""
        said = f"{self.ref}|{self.number}|Firma {self.number}|office{self.number}@example.org|{self.note}"
        return int(md5(said.encode(), usedforsecurity=False).hexdigest()[:8], 16)


Record = tuple[str, int, bytes, bytes, list[tuple[str, bytes]]]
"""Topic, partition, key, value, headers."""

DIGEST = "('x' || substr(md5(concat_ws('|', ref, revision, name, email, note)), 1, 8))::bit(32)::bigint"  # a row's own digest


@dataclass(frozen=True)
class Load:
    """`events` snapshots over `subjects` customers of `dealers` dealers; numbers begin after `after`.

    What an event says follows from its number alone. A part `again` of what each dealer said is said once more, soon after.
    """

    events: int
    subjects: int
    dealers: int = 4
    again: float = 0.0
    after: int = 0
    name: str = "bench"
    is_each_once: bool = False

    def __iter__(self) -> Iterator[Event]:
        recent: dict[int, list[Event]] = {}
        for number in range(self.after + 1, self.after + self.events + 1):
            subject = number if self.is_each_once else crc32(number.to_bytes(8, "big")) % self.subjects
            event = Event(number, subject % self.dealers, f"C-{subject:07d}", _NOTES[number % len(_NOTES)])
            yield event
            if self.again:
                said = recent.setdefault(event.dealer, [])
                said.append(event)
                if len(said) == 50:
                    yield from said[: round(50 * self.again)]
                    said.clear()

    def topic(self, dealer: int) -> str:
        """Where the dealer speaks."""
        return topics.DEALER_EVENTS.of(f"{self.name}-{dealer}")

    def principal(self, dealer: int) -> str:
        """The dealer's name in the store."""
        return topics.DEALER_EVENTS.principal(self.topic(dealer))

    @property
    def places(self) -> dict[str, int]:
        """The topics that it speaks in, and their partitions."""
        return {self.topic(dealer): 1 for dealer in range(self.dealers)}

    def said(self) -> Iterator[Record]:
        """Every record, as dealers publish it."""
        for event in self:
            topic, key, value, headers = as_hub_record(self, event)
            yield topic, 0, key, value, headers

    @cached_property
    def last(self) -> dict[tuple[int, str], Event]:
        """The event that must stand in the store, by subject."""
        return {(event.dealer, event.ref): event for event in sorted(self)}

    @cached_property
    def records(self) -> int:
        """How many records the topics hold, those said again counted."""
        return sum(1 for _ in self)


def as_hub_record(load: Load, event: Event) -> tuple[str, bytes, bytes, list[tuple[str, bytes]]]:
    """Topic, key, value and headers, as a dealer publishes it."""
    number = event.number
    body = (
        f'{{"customer":"{event.ref}","name":"Firma {number}","occurred_at":"{FIRST_DAY}","revision":{number},'
        f'"email":"office{number}@example.org","phone":"+49 30 0000 {number}","sector":"retail","employees":{number % 5000},'
        f'"address":{{"street":"Musterweg {number}","postal_code":"10000","city":"Musterstadt","country":"DE"}},'
        f'"revenue":{{"minor":{number * 100},"currency":"EUR"}},"note":"{event.note}"}}'
    )
    envelope = cloudevents.Envelope(event_id(number), f"/dealers/{load.name}-{event.dealer}", CUSTOMER_RECORDED.wire)
    return load.topic(event.dealer), event.ref.encode(), body.encode(), cloudevents.write(envelope)


def as_flat_record(load: Load, event: Event) -> bytes:
    """The row that the event makes, column by column: what a sink without rules can take."""
    number = event.number
    return (
        f'{{"principal":"{load.principal(event.dealer)}","ref":"{event.ref}","row_version":1,"ordered_at":1767225600000,'
        f'"revision":{number},"tie":"{event_id(number)}","because":"{event_id(number)}","customer_kind":"organisation",'
        f'"name":"Firma {number}","status":"active","email":"office{number}@example.org","phone":"+49 30 0000 {number}",'
        f'"street":"Musterweg {number}","postal_code":"10000","city":"Musterstadt","country":"DE","sector":"retail",'
        f'"revenue_minor":{number * 100},"revenue_currency":"EUR","employees":{number % 5000},"segments":"[]","note":"{event.note}"}}'
    ).encode()


def event_id(number: int) -> str:
    """An id of its own for each number. Ids grow with time, as version 7 UUIDs do."""
    return f"{0x018F_0000 + (number >> 16):08x}-{number & 0xFFFF:04x}-7000-8000-{number:012x}"
