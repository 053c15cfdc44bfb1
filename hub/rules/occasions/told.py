"""Say what is due on a day that somebody named, to the dealer and to its customer."""

from collections.abc import Iterable
from typing import Any

from contracts.contract import Event
from contracts.reminders import ReminderClosed, ReminderDue
from hub.rules.decision import Subject
from hub.rules.notices import Nature, Notice, Person
from hub.rules.occasions.cars import OF_CARS
from hub.rules.occasions.occasion import Occasion, named
from hub.rules.reminding import closed, head
from hub.rules.steps import LAST_WORD

_TRANSACTIONAL = frozenset({"dunning"})
"""Kinds that need no consent and do not count for the frequency cap."""


def due(before: Occasion | None, after: Occasion, _subject: Subject, because: Event, revision: int) -> Iterable[ReminderDue]:
    """The step that its dealer hears."""
    if _is_new(before, after):
        is_owed = after.open_minor is not None
        body = {
            **head(after.dealer, named(after.kind, after.about), after.kind, because, revision),
            "step": after.told[-1],
            "due_on": after.due_on,
            "customer": after.customer,
            "invoice": after.about if is_owed else None,
            "open": {"minor": after.open_minor, "currency": after.currency} if is_owed else None,
            "vin": after.about if after.kind in OF_CARS else None,
        }
        yield ReminderDue.model_validate(body)


def over(before: Occasion | None, after: Occasion, _subject: Subject, because: Event, revision: int) -> Iterable[ReminderClosed]:
    """That nobody need act any more on a step that was told: to the dealer that heard of it."""
    if before is not None and before.told and before.ended_as is None and (reason := _over(before, after)):
        yield closed(before.dealer, named(before.kind, before.about), before.kind, reason, because, revision)


def notices(before: Occasion | None, after: Occasion, _subject: Subject, _because: Event, _version: int) -> Iterable[Notice]:
    """What the customer hears; the same step of the same day once."""
    if not _is_new(before, after) or after.customer is None or after.told_at is None or after.due_on is None:
        return
    nature: Nature = "transactional" if after.kind in _TRANSACTIONAL else "marketing"
    due_on, step = after.due_on.isoformat(), after.told[-1]
    fields: dict[str, Any] = {"step": step, "due_on": due_on}
    if after.open_minor is not None:
        fields |= {"invoice": after.about, "open": {"minor": after.open_minor, "currency": after.currency}}
    if after.kind in OF_CARS:
        fields |= {"vin": after.about, "product": after.product}
    yield Notice(
        dedupe_key="/".join((after.kind, after.about, due_on, step, after.dealer or "", after.customer)),
        person=Person(f"dealer:{after.dealer}", "customer", after.customer),
        purpose=after.purpose or "",
        grantee=after.dealer or "",
        template=after.template or "",
        not_before=after.told_at,
        expires_at=after.next_at or after.told_at + LAST_WORD,
        fields=fields,
        nature=nature,
    )


def _is_new(before: Occasion | None, after: Occasion) -> bool:
    if not after.told or after.ended_as is not None:
        return False
    return before is None or _of(before) != _of(after) or after.told[-1] not in before.told


def _over(before: Occasion, after: Occasion) -> str | None:
    if after.ended_as is not None:
        return after.ended_as
    if before.kind in OF_CARS and (before.dealer, before.customer) != (after.dealer, after.customer):
        return "sold"
    return "moved" if _of(before) != _of(after) or not after.told else None


def _of(state: Occasion) -> tuple[Any, ...]:
    return state.due_on, state.dealer, state.customer
