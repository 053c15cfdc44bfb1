"""What others hear of an order: the ERP what is asked of it, everybody how it stands, the customer what matters to it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from contracts.contract import Event
from contracts.orders import OrderCancellationRequested, OrderRequested, OrderUpdated, PaperCleared, PaperMissed
from contracts.values import Money
from hub.rules.decision import Subject
from hub.rules.notices import Notice, Person
from hub.rules.orders.state import Entry, Order
from hub.rules.orders.subjects import order_id

PURPOSE = "order"
_WORTH_SAYING = timedelta(days=14)


def requested(before: Order | None, after: Order, subject: Subject, because: Event, _revision: int) -> OrderRequested | None:
    """A new request: where it is wanted now and was not before."""
    if not after.is_wanted or (before is not None and before.is_wanted):
        return None
    amount = None
    if after.amount_minor is not None and after.amount_currency is not None:
        amount = Money(minor=after.amount_minor, currency=after.amount_currency)
    return OrderRequested(
        occurred_at=because.occurred_at,
        order=order_id(subject),
        dealer=subject.dealer,
        opportunity=after.opportunity or subject.ref,
        win=after.win or 1,
        customer=after.customer,
        product=after.product,
        amount=amount,
    )


def taken_back(before: Order | None, after: Order, subject: Subject, because: Event, _revision: int) -> OrderCancellationRequested | None:
    """A request that is no longer wanted; one that nobody was told of needs no word."""
    if before is None or not before.is_wanted or after.is_wanted:
        return None
    return OrderCancellationRequested(
        occurred_at=because.occurred_at, order=order_id(subject), dealer=subject.dealer, opportunity=after.opportunity or subject.ref
    )


def updated(_before: Order | None, after: Order, subject: Subject, because: Event, revision: int) -> OrderUpdated:
    """How it stands."""
    return OrderUpdated.model_validate(
        {
            **{name: getattr(after, name) for name in OrderUpdated.model_fields if name in Order._fields},
            "occurred_at": because.occurred_at,
            "revision": revision,
            "subject": order_id(subject),
            "missing": tuple(one["paper"] for one in after.missing),
        }
    )


def missed(before: Order | None, after: Order, subject: Subject, because: Event, _revision: int) -> Iterator[PaperMissed]:
    """Papers whose time is over, each once."""
    known = before.missing if before else []
    yield from (PaperMissed(**_paper(one, after, subject, because)) for one in after.missing if one not in known)


def cleared(before: Order | None, after: Order, subject: Subject, because: Event, _revision: int) -> Iterator[PaperCleared]:
    """Papers that were missing, and are no longer."""
    known = before.missing if before else []
    yield from (PaperCleared(**_paper(one, after, subject, because)) for one in known if one not in after.missing)


def _paper(one: Entry, order: Order, subject: Subject, because: Event) -> dict[str, Any]:
    return {
        "occurred_at": because.occurred_at,
        "subject": order_id(subject),
        "paper": one["paper"],
        "due_at": datetime.fromisoformat(one["due_at"]),
        "dealer": order.dealer,
        "number": order.number,
    }


def whose(after: Order, _subject: Subject, _told: OrderUpdated) -> str | None:
    """The dealer on whose feed it is told."""
    return after.dealer


def notices(before: Order | None, after: Order, subject: Subject, because: Event, _version: int) -> Iterator[Notice]:
    """The customer hears of the confirmation, of the day of delivery, and of a delay."""
    if after.customer is None or after.dealer is None or after.answer != "accepted":
        return
    is_new = before is None or before.answer != "accepted"
    known = None if before is None else before.promised
    if after.promised is not None and (is_new or after.promised != known):
        is_delayed = known is not None and after.promised > known
        yield _notice("delayed" if is_delayed else "dated", after, subject, because)
    elif is_new:
        yield _notice("confirmed", after, subject, because)


def _notice(what: str, order: Order, subject: Subject, because: Event) -> Notice:
    """The day is part of the key where it is what is told: moved to the same day again it is told once."""
    day = order.promised.isoformat() if order.promised else None
    fields: dict[str, Any] = {"order": order.number or order_id(subject), "product": order.product, "promised": day}
    return Notice(
        dedupe_key=f"order/{order_id(subject)}/{what}" + ("" if what == "confirmed" else f"/{day}"),
        person=Person(f"dealer:{order.dealer}", "customer", order.customer or ""),
        purpose=PURPOSE,
        grantee=order.dealer or "",
        template=f"order-{what}",
        not_before=because.occurred_at,
        expires_at=because.occurred_at + _WORTH_SAYING,
        fields={name: value for name, value in fields.items() if value is not None},
        nature="transactional",
    )
