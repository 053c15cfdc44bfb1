"""What a rule may answer when it is shown an event.

A rule rejects only for what the event and the base data say by themselves, and waits only for a
subject that is not known: then a subject's state is the same in whatever order its events came in.
What the present state makes pointless (a second win) it keeps: the event stays in the history.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from contracts.contract import Event, Lineage
from hub.rules.basedata import BaseData
from hub.rules.notices import Notice

S = TypeVar("S")


class Change(NamedTuple, Generic[S]):
    """The subject's state from now on."""

    state: S


class Keep(NamedTuple):
    """The event joins the history and changes nothing."""

    reason: str


class Wait(NamedTuple):
    """The event waits for news of something that is not known yet."""

    kind: str
    ref: str


class Reject(NamedTuple):
    """The event cannot be right: the field, and what was expected of it."""

    path: str
    expected: str


Decision: TypeAlias = Change[S] | Keep | Wait | Reject


def principal_of(dealer: str) -> str:
    """Whose references a dealer's id stands for; `oem` for what the OEM took itself."""
    return dealer if dealer == "oem" else f"dealer:{dealer}"


def dealer_of(principal: str) -> str:
    """The dealer's id, or `oem`: what `principal_of` was made of."""
    return principal.removeprefix("dealer:")


def carrier_of(principal: str) -> str:
    """The id of the carrier whose references these are."""
    return principal.removeprefix("carrier:")


class Subject(NamedTuple):
    """Whose reference (`dealer:ber-01`, `oem`), and the reference."""

    principal: str
    ref: str

    @property
    def dealer(self) -> str:
        """The dealer's id; `oem` for what the OEM took itself."""
        return dealer_of(self.principal)


class Facts(NamedTuple):
    """What a rule may know beside state and event; `speaker` is who says it, where several speak of one subject."""

    subject: Subject
    base: BaseData
    is_historical: bool = False
    speaker: str = ""


Rule: TypeAlias = Callable[[Any, Any, Facts], Decision[Any]]
Rules: TypeAlias = Mapping[Lineage[Any], Rule]
Tell: TypeAlias = Callable[[Any, Any, Subject, Event, int], Event | Iterable[Event] | None]
"""What others hear of a change: state before (or None) and after, subject, the event that it is because of, the state's version."""
Notices: TypeAlias = Callable[[Any, Any, Subject, Event, int], Iterable[Notice]]
"""What people are to be told of a change, by the same."""
Timer: TypeAlias = Callable[[Any, Subject], datetime | None]
"""When a state wants its subject to be looked at again, by an event `timer.fired`; None for never."""
Partner: TypeAlias = Callable[[Any, Subject, Any], str | None]
"""Whose topic an event goes to, by the state after the change, the subject and the event that is told; None: to nobody's."""
Answers: TypeAlias = Callable[[Any, Subject], tuple[str, str]]
Concerns: TypeAlias = Callable[[Any, str], Iterable[Subject]]
"""Which subjects an event concerns, by what it says and who says it."""
