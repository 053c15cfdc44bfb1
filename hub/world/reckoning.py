"""Reckon what is true of a subject from its whole history, looking back from its end.

Nothing here goes from state to state: each field is sought where it was last spoken of. The hub's rules
do it the other way round, so that an error in one is unlikely to be repeated in the other.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from hub.world.speech import Meant

Row = dict[str, Any]
Reckoned = tuple[Row | None, int]
"""The row, if the subject is known, and how many of its events wait for the one that makes it known."""

_PLACE = ("street", "postal_code", "city", "region", "country")
_PLAIN = ("language", "sector", "employees", "parent", "note", "email", "phone")


def customer(history: Sequence[Meant]) -> Reckoned:
    """All fields as last told: by a snapshot, which speaks of every one, or by a change, which speaks of some."""
    known = _since(history, "customer.recorded")
    row: Row = {}
    for event in known:
        row |= _spoken_of(event)
    return row or None, len(history) - len(known)


def _spoken_of(event: Meant) -> Row:
    said = event.said
    match event.deed:
        case "customer.recorded":
            place, revenue = said.get("address") or {}, said.get("revenue") or {}
            told = {field: said.get(field) for field in (*_PLAIN, "name", "registration_number", "founded", "owner")}
            told |= {field: place.get(field) for field in _PLACE}
            if place.get("country") is None:
                told["country"] = said.get("country")
            birthday = said.get("birthday")
            return told | {
                "customer_kind": said.get("customer_kind", "organisation"),
                "status": said.get("status", "active"),
                "birthday": birthday and date.fromisoformat(birthday),
                "revenue_minor": revenue.get("minor"),
                "revenue_currency": revenue.get("currency"),
                "segments": list(said.get("segments", ())),
            }
        case "customer.changed":
            told = {field: said[field] for field in (*_PLAIN, "name") if said.get(field) is not None}
            for field in said.get("cleared", ()):
                told |= dict.fromkeys({"address": _PLACE, "revenue": ("revenue_minor", "revenue_currency")}.get(field, (field,)))
            if said.get("address") is not None:
                told |= {field: said["address"].get(field) for field in _PLACE}
            if said.get("revenue") is not None:
                told |= {f"revenue_{part}": said["revenue"][part] for part in ("minor", "currency")}
            return told
        case "customer.classified":
            return {"status": said["status"], "segments": list(said.get("segments", ()))}
        case "customer.assigned":
            return {"owner": said["owner"]}
        case strange:
            raise LookupError(strange)


def contact(history: Sequence[Meant]) -> Reckoned:
    """A contact works through engagements, each with one customer; a reporting line lives and dies with its engagement."""
    known = _since(history, "contact.recorded")
    if not known:
        return None, len(history)
    card = _last(known, "contact.recorded").said
    placed = [at for at, event in enumerate(known) if event.deed in {"contact.recorded", "contact.moved"}]
    customer = known[placed[-1]].said["customer"]
    is_active = not any(event.deed == "contact.left" for event in known[placed[-1] :])
    start = placed[-1]
    for at in reversed(placed):
        if known[at].said["customer"] != customer or any(event.deed == "contact.left" for event in known[at:start]):
            break
        start = at
    lines = [event.said["superior"] for event in known[start:] if event.deed == "contact.reports_to"]
    row = {field: card.get(field) for field in ("name", "function", "email", "phone", "language")}
    row |= {"customer": customer, "is_active": is_active, "superior": lines[-1] if is_active and lines else None}
    return row, len(history) - len(known)


def lead(history: Sequence[Meant]) -> Reckoned:
    """What it became outranks when it was said: an opportunity stays one, an answer is given once."""
    known = _since(history, "lead.received")
    if not known:
        return None, len(history)
    first, told = known[0], _last(known, "lead.received")
    answers, promotions, drops = (
        [event for event in known if event.deed == deed] for deed in ("lead.answered", "lead.promoted", "lead.dropped")
    )
    fields = ("name", "product", "email", "phone", "customer", "need")
    row: Row = {field: told.said.get(field) for field in fields}
    own = None if told.principal == "oem" else told.principal.split(":", 1)[1]
    row |= {
        "lead_source": told.said.get("lead_source", "other"),
        "intention": told.said.get("intention", "information"),
        "dealer": told.said.get("dealer") or own,
        "status": "promoted" if promotions else "dropped" if drops else "answered" if answers else "new",
        "opportunity": promotions[-1].said["opportunity"] if promotions else None,
        "drop_reason": drops[-1].said.get("reason") if drops and not promotions else None,
        "received_at": first.at,
        "answered_at": answers[0].at if answers else None,
    }
    return row, len(history) - len(known)


def opportunity(history: Sequence[Meant]) -> Reckoned:
    """The events that took effect make chapters: opened, won, lost, reopened; what was said in a closed chapter is void."""
    known = _since(history, "opportunity.opened")
    if not known:
        return None, len(history)
    opened, standing = known[0], "opened"
    taken = [opened]
    for event in known[1:]:
        deed = event.deed.split(".")[1]
        is_closed = standing in {"won", "lost"}
        if deed == "moved":
            if not is_closed:
                taken.append(event)
        elif deed != standing and (is_closed if deed == "reopened" else deed in {"won", "lost"}):
            taken.append(event)
            standing = deed
    amounts = [event.said["amount"] for event in taken if event.said.get("amount") is not None]
    closes = [event.said["expected_close"] for event in taken if event.said.get("expected_close") is not None]
    last, is_lost = taken[-1], standing == "lost"
    row: Row = {field: opened.said.get(field) for field in ("title", "customer", "lead", "product", "owner")}
    row |= {
        "status": {"opened": "open", "reopened": "open"}.get(standing, standing),
        "sales_model": opened.said.get("sales_model", "standard"),
        "stage": _stage_after(last),
        "amount_minor": amounts[-1]["minor"] if amounts else None,
        "amount_currency": amounts[-1]["currency"] if amounts else None,
        "expected_close": date.fromisoformat(closes[-1]) if closes else None,
        "opened_at": opened.at,
        "stage_since": _stage_since(taken),
        "closed_at": last.at if standing in {"won", "lost"} else None,
        "wins": sum(event.deed == "opportunity.won" and not event.is_historical for event in taken),
        "reopenings": sum(event.deed == "opportunity.reopened" for event in taken),
        "loss_reason": last.said["reason"] if is_lost else None,
        "competitor": last.said["competitor"] if is_lost else None,
    }
    return row, len(history) - len(known)


def _stage_after(event: Meant) -> str:
    stage: str = event.said["to_stage" if event.deed == "opportunity.moved" else "stage"]
    return stage


def _stage_since(taken: Sequence[Meant]) -> datetime:
    """Back to where it entered its present stage; a reopening enters its stage anew."""
    stage = _stage_after(taken[-1])
    entered = taken[-1]
    for event in reversed(taken):
        if _stage_after(event) != stage:
            break
        entered = event
        if event.deed == "opportunity.reopened":
            break
    return entered.at


def edition(history: Sequence[Meant]) -> Reckoned:
    """Of base data the last telling of an edition holds."""
    if not history:
        return None, 0
    kind, said = history[-1].deed.split(".")[0], history[-1].said
    body = {field: said.get(field, default) for field, default in _WHOLE[kind].items()}
    body |= {"effective_from": "1900-01-01", "retired": False} | {field: said[field] for field in _COMMON if field in said}
    if kind == "sales_model":
        body["stages"] = [_STAGE | stage for stage in said["stages"]]
    effective_from = date.fromisoformat(said.get("effective_from", "1900-01-01"))
    return {"kind": kind, "id": said["id"], "effective_from": effective_from, "retired": body["retired"], "body": body}, 0


_COMMON = ("id", "name", "effective_from", "retired")
_STAGE: Row = {"ageing_days": None, "moves": [], "may_win": True, "may_lose": True}
_WHOLE: Mapping[str, Row] = {
    "dealer": {"unit": None, "country": None},
    "staff": {"dealer": None, "manager": None},
    "product": {"series": None, "list_price": None},
    "sales_model": {"stages": []},
    "loss_reason": {},
    "competitor": {"products": [], "strengths": None, "weaknesses": None},
}


def _since(history: Sequence[Meant], deed: str) -> Sequence[Meant]:
    return next((history[at:] for at, event in enumerate(history) if event.deed == deed), ())


def _last(history: Sequence[Meant], deed: str) -> Meant:
    return [event for event in history if event.deed == deed][-1]


RECKON: Mapping[str, Callable[[Sequence[Meant]], Reckoned]] = {
    "base_data": edition,
    "customers": customer,
    "contacts": contact,
    "leads": lead,
    "opportunities": opportunity,
}
