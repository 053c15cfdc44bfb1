"""Say what is due, to everybody who may know and to the customer: what follows from a state before and after a change."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from contracts.activities import ActivityCancelled
from contracts.contract import Event
from contracts.reminders import ReminderClosed, ReminderDue
from hub.rules.agendas import ACTIVITY, Agenda, Item, items_of
from hub.rules.decision import Subject
from hub.rules.notices import OEM, Notice, Person
from hub.rules.service_reminders import Row
from hub.rules.vehicles import NAME, Vehicle

PURPOSE = "service"
"""What a customer consents to, or does not."""


def due_of_vehicle(before: Vehicle | None, after: Vehicle, subject: Subject, because: Event, revision: int) -> Iterable[ReminderDue]:
    """The steps that the dealer hears whose customer holds the car."""
    for now in _stepped(before, after):
        if after.dealer is not None:
            body = {
                **head(after.dealer, _service(subject, now["plan"]), "service", because, revision),
                "step": now["told"][-1],
                "due_on": now["told_due"],
                "vin": subject.ref,
                "service_plan": now["plan"],
                "basis": now["basis"],
                "customer": after.customer,
            }
            yield ReminderDue.model_validate(body, strict=False)


def over_of_vehicle(before: Vehicle | None, after: Vehicle, subject: Subject, because: Event, revision: int) -> Iterable[ReminderClosed]:
    """What a dealer hears that was told of a step and need not remind any more, whoever holds the car now."""
    if before is None or before.dealer is None:
        return
    new = {row["plan"]: row for row in after.reminders}
    for was in before.reminders:
        reason = _over(before, after, was, new.get(was["plan"])) if was["told"] else None
        if reason:
            yield closed(before.dealer, _service(subject, was["plan"]), "service", reason, because, revision)


def to_holder(before: Vehicle | None, after: Vehicle, subject: Subject, _because: Event, _version: int) -> Iterable[Notice]:
    """The notices to the customer who holds the car.

    What makes two of them one: the car, the plan, its step, whom it reminds, and which due date it reminds of. A predicted date
    moves with every reading, so the service that it counts from stands for it, and how often it has moved far.
    """
    for now in _stepped(before, after):
        if after.dealer is None or after.customer is None:
            continue
        step = now["told"][-1]
        yield Notice(
            dedupe_key="/".join((NAME, subject.ref, now["plan"], now["since"], str(now["round"]), step, after.dealer, after.customer)),
            person=Person(f"dealer:{after.dealer}", "customer", after.customer),
            purpose=PURPOSE,
            grantee=after.dealer,
            template=now["template"],
            not_before=datetime.fromisoformat(now["told_at"]),
            expires_at=datetime.fromisoformat(now["told_until"]),
            fields={"vin": subject.ref, "product": after.product, "service": now["title"], "step": step, "due_on": now["told_due"]},
        )


def due_of_agenda(before: Agenda | None, after: Agenda, subject: Subject, because: Event, revision: int) -> Iterable[ReminderDue]:
    """The steps that the dealer hears of its own record: a salesperson's reminders and alarms."""
    old = _by_name(before)
    kind, _, ref = subject.ref.partition("/")
    for key, item in _by_name(after).items():
        was = old.get(key)
        if item.told and not (was is not None and was.due_at == item.due_at and item.told[-1] in was.told):
            body = {
                **head(subject.dealer, _name(item), item.kind, because, revision),
                "step": item.told[-1],
                "due_at": item.due_at,
                "belongs_to": {"kind": kind, "ref": ref},
                "activity": item.name if item.kind == ACTIVITY else None,
                "staff": item.staff,
            }
            yield ReminderDue.model_validate(body, strict=False)


def over_of_agenda(before: Agenda | None, after: Agenda, subject: Subject, because: Event, revision: int) -> Iterable[ReminderClosed]:
    """What the dealer hears of a step that was told: nobody needs to act on it any more."""
    new = _by_name(after)
    for key, item in _by_name(before).items():
        reason = _silenced(before, after, new.get(key), because) if item.told else None
        if reason:
            yield closed(subject.dealer, _name(item), item.kind, reason, because, revision)


def whose(_state: Any, _subject: Subject, said: ReminderDue | ReminderClosed) -> str | None:  # noqa: ANN401 - whatever it is told of
    """The dealer on whose feed it belongs; the OEM has none."""
    return None if said.dealer == OEM else said.dealer


def _stepped(before: Vehicle | None, after: Vehicle) -> list[Row]:
    """The reminders of which a step was told just now; what a step says is there with it."""
    is_same = before is not None and (before.dealer, before.customer) == (after.dealer, after.customer)
    old = {row["plan"]: row for row in before.reminders} if before is not None and is_same else {}
    return [row for row in after.reminders if row["told"] and not _was_told(old.get(row["plan"]), row)]


def _was_told(was: Row | None, now: Row) -> bool:
    return was is not None and (was["since"], was["round"]) == (now["since"], now["round"]) and now["told"][-1] in was["told"]


def _over(before: Vehicle, after: Vehicle, was: Row, now: Row | None) -> str | None:
    """Why a dealer need not act any more on what it was told of a reminder; None where it still should."""
    if (before.dealer, before.customer) != (after.dealer, after.customer):
        return "sold"
    if now is None or now["since"] != was["since"]:
        return "done"
    if now["answer"] is not None and now["answer"] != was["answer"]:
        return str(now["answer"])
    return "moved" if now["round"] != was["round"] or not now["told"] else None


def _silenced(before: Agenda | None, after: Agenda, now: Item | None, because: Event) -> str | None:
    if before is not None and before.is_open and not after.is_open:
        return "closed"
    if now is None:
        return "cancelled" if isinstance(because, ActivityCancelled) else "done"
    return "moved" if not now.told else None


def closed(dealer: str | None, name: str, kind: str, reason: str, because: Event, revision: int) -> ReminderClosed:
    """Nobody need act any more on a reminder."""
    return ReminderClosed.model_validate({**head(dealer, name, kind, because, revision), "reason": reason})


def head(dealer: str | None, name: str, kind: str, because: Event, revision: int) -> dict[str, Any]:
    """What is said of a reminder, whatever is said of it."""
    return {
        "occurred_at": because.occurred_at,
        "revision": revision,
        "subject": f"{dealer}/{name}",
        "dealer": dealer,
        "reminder": name,
        "reminder_kind": kind,
    }


def _by_name(state: Agenda | None) -> dict[tuple[str, str], Item]:
    return {(item.kind, item.name): item for item in items_of(state)} if state else {}


def _service(subject: Subject, plan: str) -> str:
    return f"{NAME}/{subject.ref}/{plan}"


def _name(item: Item) -> str:
    return f"{item.kind}/{item.name}"
