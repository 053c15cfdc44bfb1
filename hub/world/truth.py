"""Keep account of everything that was said, and tell at any moment what must be true of it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date
from typing import Any, NamedTuple

from hub.world.order import in_true_order
from hub.world.reckoning import RECKON, Row
from hub.world.speech import SNAPSHOTS, STORES, Meant

Named = tuple[str, str]
"""A principal and its reference."""


class Dead(NamedTuple):
    """A record that must be a dead letter."""

    topic: str
    key: str | None
    reason: str


class Waiting(NamedTuple):
    """Why records of a key wait: `news`, `operator` or `version`."""

    principal: str
    key: str
    hold: str


class Truth(NamedTuple):
    """What must be true; `mark` stands in every reference that a dealer or the OEM's CRM of this world uses."""

    rows: Mapping[str, Mapping[Named, Row]]
    dead: Sequence[Dead]
    waiting: Mapping[Waiting, int]
    mark: str


def together(*truths: Mapping[str, Mapping[Named, Row]]) -> dict[str, dict[Named, Row]]:
    """What several know of the stores; each speaks of other subjects."""
    found: dict[str, dict[Named, Row]] = {}
    for truth in truths:
        for store, rows in truth.items():
            found.setdefault(store, {}).update(rows)
    return found


class Ledger:
    """Hears all that is said, in the order of arrival."""

    def __init__(self, mark: str = "") -> None:
        self._mark = mark
        self._subjects: dict[tuple[str, str, str], list[Meant]] = defaultdict(list)
        self._heard: dict[tuple[str, str, str], tuple[str, str, str] | None] = {}
        self._replaced: set[tuple[str, str, str]] = set()
        self._editions: dict[Named, list[tuple[date, dict[str, Any]]]] = {}
        self._holding: set[Named] = set()
        self._held: Counter[Waiting] = Counter()
        self._dead: list[Dead] = []
        self._rows: dict[str, dict[Named, Row]] = {store: {} for store in STORES}
        self._news: dict[tuple[str, str, str], int] = {}
        self._stale: set[tuple[str, str, str]] = set()

    def hear(self, topic: str, event: Meant) -> None:
        """Hear an event that keeps its contract."""
        if event.identity in self._heard:
            return
        key = event.principal, event.ref
        if key in self._holding and not (event.deed in SNAPSHOTS and event.revision is not None):
            self._heard[event.identity] = None
            self._held[Waiting(*key, "operator")] += 1
            return
        if event.identity not in self._replaced and forbidden(event, self._editions):
            self._heard[event.identity] = None
            self.hear_bad(topic, event.principal, event.ref, "rejected")
            return
        subject = event.store, event.principal, event.ref
        self._heard[event.identity] = subject
        self._subjects[subject].append(event)
        self._stale.add(subject)
        if event.corrects is not None and event.corrects != event.id:
            replaced = event.principal, event.source, event.corrects
            self._replaced.add(replaced)
            if (other := self._heard.get(replaced)) is not None:
                self._stale.add(other)
        if event.store == "base_data":
            day = date.fromisoformat(event.said.get("effective_from", "1900-01-01"))
            self._editions.setdefault((event.deed, event.said["id"]), []).append((day, event.said))

    def hear_bad(self, topic: str, principal: str, key: str | None, reason: str) -> None:
        """Hear a record that must be a dead letter: from now on its key waits for an operator."""
        self._dead.append(Dead(topic, key, reason))
        if key is not None:
            self._holding.add((principal, key))

    def hear_newer(self, principal: str, key: str) -> None:
        """Hear a record of a version from the future: it waits for a newer hub."""
        self._held[Waiting(principal, key, "version")] += 1

    def knows(self, event: Meant) -> bool:
        """Whether the event was said."""
        return event.identity in self._heard

    def truth(self) -> Truth:
        """What must be true of everything heard so far; only what was spoken of since the last asking is reckoned anew."""
        for subject in self._stale:
            store, *named = subject
            counted = [event for event in self._subjects[subject] if event.identity not in self._replaced]
            row, waiting = RECKON[store](in_true_order(counted)) if counted else (None, 0)
            at = named[0], named[1]
            if row is None:
                self._rows[store].pop(at, None)
            else:
                self._rows[store][at] = row
            self._news[subject] = waiting
        self._stale.clear()
        waits = Counter(self._held)
        for (_, principal, ref), count in self._news.items():
            if count:
                waits[Waiting(principal, ref, "news")] += count
        return Truth(self._rows, tuple(self._dead), waits, self._mark)


def forbidden(event: Meant, editions: Mapping[Named, Sequence[tuple[date, dict[str, Any]]]]) -> str | None:
    """The field for which an event can never be right, whatever else was said; None where it may be."""
    said = event.said
    match event.deed:
        case "customer.recorded" | "customer.changed" if said.get("parent") == event.ref:
            return "parent"
        case "customer.changed":
            return next((f"cleared.{field}" for field in sorted(said.get("cleared", ())) if said.get(field) is not None), None)
        case "contact.reports_to" if said["superior"] == event.ref:
            return "superior"
        case "opportunity.moved" | "opportunity.opened" | "opportunity.won" | "opportunity.lost" | "opportunity.reopened":
            return next(_against_the_model(event, editions), None)
        case _:
            return None


def _against_the_model(event: Meant, editions: Mapping[Named, Sequence[tuple[date, dict[str, Any]]]]) -> Iterator[str]:
    said = event.said
    model = _in_force(editions, ("sales_model.recorded", said.get("sales_model", "standard")), event)
    if model is None:
        return
    stages = {stage["id"]: stage for stage in model["stages"]}
    named = ("from_stage", "to_stage") if event.deed == "opportunity.moved" else ("stage",)
    yield from (field for field in named if said[field] not in stages)
    here = stages.get(said[named[0]], {})
    match event.deed:
        case "opportunity.moved" if here.get("moves") and said["to_stage"] not in here["moves"]:
            yield "to_stage"
        case "opportunity.won" if not here.get("may_win", True):
            yield "stage"
        case "opportunity.lost":
            if not here.get("may_lose", True):
                yield "stage"
            reason = _in_force(editions, ("loss_reason.recorded", said["reason"]), event) or {}
            if reason.get("retired"):
                yield "reason"
        case _:
            return


def _in_force(editions: Mapping[Named, Sequence[tuple[date, dict[str, Any]]]], named: Named, event: Meant) -> dict[str, Any] | None:
    """The edition of that day; of several tellings of it the last heard."""
    today = event.at.astimezone(UTC).date()
    found = max(((day, nth) for nth, (day, _) in enumerate(editions.get(named, ())) if day <= today), default=None)
    return None if found is None else editions[named][found[1]][1]
