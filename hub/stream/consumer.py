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
    """One store's rules; `tell` says where, as what and how others hear of a change; `answers` what may stop waiting.

    A store without `history` takes each event once and only forwards: what its subject is past already is passed over,
    nothing waits, nothing is corrected.
    """

    store: Store[Any]
    rules: Rules
    tell: tuple[Topic, Lineage[Any], Tell] | None = None
    answers: Answers | None = None
    history: bool = True


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
        self,
        store: Store[Any],
        rules: Rules,
        *,
        tell: tuple[Topic, Lineage[Any], Tell] | None = None,
        answers: Answers | None = None,
        history: bool = True,
    ) -> None:
        """Fold each listed event type into the store by its rule; without `history` where only the newest news matters."""
        if store.name in self.stores:
            raise TypeError(f"{self.name} folds {store.name} already")
        for lineage in rules:
            if any(other.history != history for other in self.folds.get(lineage.name, ())):
                raise TypeError(f"{self.name} folds {lineage.name} with history and without")
        fold = Fold(store, rules, tell, answers, history)
        self.stores[store.name] = fold
        for lineage in rules:
            self.folds.setdefault(lineage.name, []).append(fold)

    def listens_to(self, lineage: Lineage[Any]) -> bool:
        """Whether an event of this lineage means anything to this consumer."""
        return lineage.name in self.folds or lineage.name in CONTROL

    def remembers(self, lineage: Lineage[Any]) -> bool:
        """Whether the journal keeps events of this lineage; else the inbox knows only that they came."""
        return all(fold.history for fold in self.folds.get(lineage.name, ()))

    def topic(self, name: str) -> Topic | None:
        """The catalogue's entry, among those read, for a topic's name."""
        return next((t for t in self.topics if re.fullmatch(t.pattern, name)), None)
