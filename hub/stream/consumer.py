"""What a consumer declares: the topics it reads, and which events it folds into which store by which rule."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, cast

from contracts.acts import FOR_CONSUMERS
from contracts.acts.v1 import ConsumerAct
from contracts.contract import Event, Lineage
from contracts.timers import TIMER_FIRED, WAIT_ANSWERED, WAIT_EXPIRED, TimerFired
from contracts.topics import Topic
from hub.rules.books import Books
from hub.rules.decision import Answers, Concerns, Notices, Partner, Rules, Subject, Tell, Timer
from hub.state.store import Store

CONTROL = {lineage.name: lineage for lineage in (WAIT_ANSWERED, WAIT_EXPIRED, *FOR_CONSUMERS)}
"""What the engine itself understands, for every consumer."""


class Telling(NamedTuple):
    """Where, as what and how others hear of a change; where each partner has a topic of its own, `partner` says whose."""

    topic: Topic
    lineage: Lineage[Any]
    tell: Tell
    partner: Partner | None = None


Tells: TypeAlias = tuple[Topic, Lineage[Any], Tell] | tuple[Topic, Lineage[Any], Tell, Partner | None]


@dataclass(frozen=True, slots=True)
class Fold:
    """One store's rules; `tells` say where, as what and how others hear of a change; `answers` what may stop waiting.

    A store without `history` takes each event once and only forwards: what its subject is past already is passed over,
    nothing waits, nothing is corrected. `concerns` says of documents which subjects they concern; any other event
    concerns the one that its key names, as whoever says it knows it. `notices` are what people are to be told of a change.
    `books` are what the ledger should hold for a state, `timer` says when a state wants to be looked at again. Of what is told
    `afresh` its rule makes a state whatever there was before.
    """

    store: Store[Any]
    rules: Rules
    tells: tuple[Telling, ...] = ()
    answers: Answers | None = None
    history: bool = True
    concerns: Mapping[Lineage[Any], Concerns] = field(default_factory=dict)
    notices: Notices | None = None
    books: Books | None = None
    timer: Timer | None = None
    afresh: frozenset[Lineage[Any]] = frozenset()

    @property
    def is_followed(self) -> bool:
        """Whether more is written of its subjects once their states are: by then nobody else writes of them."""
        return bool(self.books or self.answers or self.timer)

    @property
    def is_simple(self) -> bool:
        """Whether nothing follows from what it folds but states, and what others hear of them."""
        return not (self.is_followed or self.notices or self.concerns)

    @property
    def is_plain(self) -> bool:
        """Whether nothing follows but the state: no history, nobody told, and no act of an operator to answer."""
        return self.is_simple and not (self.history or self.tells or self.is_asked)

    @property
    def is_asked(self) -> bool:
        """Whether its rules fold operators' acts."""
        return any(issubclass(lineage.body, ConsumerAct) for lineage in self.rules)


class Consumer:
    """A Kafka group of its own, the only writer of its stores; its rules look into base data of the kinds `using`."""

    def __init__(self, name: str, *topics: Topic, using: tuple[str, ...] = ()) -> None:
        self.name, self.topics, self.using = name, topics, using
        self.folds: dict[str, list[Fold]] = {}
        self.stores: dict[str, Fold] = {}
        self.is_asked = False  # whether its own rules fold operators' acts
        self._forgotten: set[str] = set()
        self._concerning: set[Lineage[Any]] = set()

    @property
    def pattern(self) -> str:
        """A regular expression, closed at both ends, that matches its topics."""
        return f"^({'|'.join(topic.pattern for topic in self.topics)})$"

    def fold(
        self,
        store: Store[Any],
        rules: Rules,
        *,
        tell: Tells | Sequence[Tells] = (),
        answers: Answers | None = None,
        history: bool = True,
        concerns: Mapping[Lineage[Any], Concerns] | None = None,
        notices: Notices | None = None,
        books: Books | None = None,
        timer: Timer | None = None,
        afresh: Iterable[Lineage[Any]] = (),
    ) -> None:
        """Fold each listed event type into the store by its rule; without `history` where only the newest news matters.

        There a rule that never looks at the state may be named by what it folds, `afresh`: then nobody loads it.

        A rule is shown the whole event once for each subject that it `concerns`, and takes the lines of `facts.subject`.
        `tell` is one or several of (topic, lineage, function), with a fourth, whose topic it is, where each partner has one.
        """
        if store.name in self.stores:
            raise TypeError(f"{self.name} folds {store.name} already")
        for lineage in rules:
            if any(other.history != history for other in self.folds.get(lineage.name, ())):
                raise TypeError(f"{self.name} folds {lineage.name} with history and without")
        for lineage in set(concerns or ()) - rules.keys():
            raise TypeError(f"{self.name} has no rule for {lineage.name}, whatever it concerns")
        if (timer is not None) != (TIMER_FIRED in rules):
            raise TypeError(f"{self.name}: {store.name} needs a timer and a rule for {TIMER_FIRED.name}, or neither")
        if afresh and (history or store.as_written or not rules.keys() >= set(afresh)):
            raise TypeError(
                f"{self.name}: {store.name} takes afresh what it has rules for, without history, if its columns can be compared"
            )
        concerned = {**(concerns or {}), **({TIMER_FIRED: self._set_for(store.name)} if timer else {})}
        tells = tuple(Telling(*each) for each in _several(tell))
        for telling in tells:
            if telling.topic.is_per_partner != (telling.partner is not None):
                raise TypeError(f"{telling.topic.name}: say whose topic it is where each partner has one, and there alone")
        fold = Fold(store, rules, tells, answers, history, concerned, notices, books, timer, frozenset(afresh))
        self.stores[store.name] = fold
        self.is_asked |= fold.is_asked
        self._concerning.update(concerned)
        for lineage in rules:
            self.folds.setdefault(lineage.name, []).append(fold)
        self._forgotten.update(lineage.name for lineage in rules if not history)

    def _set_for(self, store: str) -> Concerns:
        """A timer concerns the subject whose state set it, in that store of that consumer alone."""

        def concerned(fired: TimerFired, _principal: str) -> tuple[Subject, ...]:
            return (Subject(fired.principal, fired.subject),) if (fired.consumer, fired.store) == (self.name, store) else ()

        return concerned

    def listens_to(self, lineage: Lineage[Any]) -> bool:
        """Whether an event of this lineage means anything to this consumer."""
        return lineage.name in self.folds or lineage.name in CONTROL

    def remembers(self, lineage: Lineage[Any]) -> bool:
        """Whether the journal keeps events of this lineage; else the inbox knows only that they came."""
        return lineage.name not in self._forgotten

    def keepers(self, lineage: Lineage[Any]) -> tuple[str, ...] | None:
        """The stores that fold an event of this lineage as its key names it; None where its body tells whom it concerns."""
        if lineage is TIMER_FIRED or lineage in self._concerning:
            return None
        return tuple([fold.store.name for fold in self.folds.get(lineage.name, ())])

    def parts(self, lineage: Lineage[Any], body: Event, principal: str, ref: str) -> tuple[tuple[str, Subject], ...]:
        """Whom an event concerns: stores and subjects, each once, in the order of the event's parts in the journal."""
        if lineage is TIMER_FIRED and isinstance(body, TimerFired):  # one store's alone: the others need not be asked
            fold = self.stores.get(body.store)
            concerns = fold.concerns.get(lineage) if fold else None
            return tuple([(body.store, subject) for subject in concerns(body, principal)]) if concerns else ()
        folds: Sequence[Fold] = self.folds.get(lineage.name, ())
        if lineage not in self._concerning:
            subject = Subject(principal, ref)
            return tuple([(fold.store.name, subject) for fold in folds])
        found: list[tuple[str, Subject]] = []
        for fold in folds:
            concerns = fold.concerns.get(lineage)
            subjects = (Subject(principal, ref),) if concerns is None else dict.fromkeys(concerns(body, principal))
            found.extend((fold.store.name, subject) for subject in subjects)
        return tuple(found)

    def topic(self, name: str) -> Topic | None:
        """The catalogue's entry, among those read, for a topic's name."""
        return next((t for t in self.topics if re.fullmatch(t.pattern, name)), None)


def _several(tell: Tells | Sequence[Tells]) -> Sequence[Tells]:
    return [cast("Tells", tell)] if tell and isinstance(tell[0], Topic) else cast("Sequence[Tells]", tell)
