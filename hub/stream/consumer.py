"""What a consumer declares: the topics it reads, and which events it folds into which store by which rule."""

import re
from dataclasses import dataclass
from typing import Any

from contracts.acts import FOR_CONSUMERS
from contracts.contract import Lineage
from contracts.timers import WAIT_ANSWERED, WAIT_EXPIRED
from contracts.topics import Topic
from hub.rules.decision import Answers, Rules, Tell
from hub.state.store import Store

CONTROL = {lineage.name: lineage for lineage in (WAIT_ANSWERED, WAIT_EXPIRED, *FOR_CONSUMERS)}
"""What the engine itself understands, for every consumer."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One store's rules; `tell` says where, as what and how others hear of a change; `answers` what may stop waiting."""

    store: Store[Any]
    rules: Rules
    tell: tuple[Topic, Lineage[Any], Tell] | None = None
    answers: Answers | None = None


class Consumer:
    """A Kafka group of its own, the only writer of its stores; its rules look into base data of the kinds `using`."""

    def __init__(self, name: str, *topics: Topic, using: tuple[str, ...] = ()) -> None:
        self.name, self.topics, self.using = name, topics, using
        self.folds: dict[str, list[Fold]] = {}
        self.stores: dict[str, Fold] = {}

    @property
    def pattern(self) -> str:
        """A regular expression, closed at both ends, that matches its topics."""
        return f"^({'|'.join(topic.pattern for topic in self.topics)})$"

    def fold(
        self, store: Store[Any], rules: Rules, *, tell: tuple[Topic, Lineage[Any], Tell] | None = None, answers: Answers | None = None
    ) -> None:
        """Fold each listed event type into the store by its rule."""
        if store.name in self.stores:
            raise TypeError(f"{self.name} folds {store.name} already")
        fold = Fold(store, rules, tell, answers)
        self.stores[store.name] = fold
        for lineage in rules:
            self.folds.setdefault(lineage.name, []).append(fold)

    def listens_to(self, lineage: Lineage[Any]) -> bool:
        """Whether an event of this lineage means anything to this consumer."""
        return lineage.name in self.folds or lineage.name in CONTROL

    def topic(self, name: str) -> Topic | None:
        """The catalogue's entry, among those read, for a topic's name."""
        return next((t for t in self.topics if re.fullmatch(t.pattern, name)), None)
