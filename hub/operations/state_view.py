"""What a person may see of a subject's state: personal data masked unless told otherwise."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hub.rules.masking import mask_reference, shape
from hub.rules.money import written

SHOWN = frozenset(
    {
        *("status", "customer_kind", "country", "founded", "employees", "revenue_minor", "revenue_currency", "segments"),
        *("lead_source", "intention", "is_active", "stage", "sales_model", "amount_minor", "amount_currency"),
        *("expected_close", "opened_at", "stage_since", "closed_at", "received_at", "answered_at"),
        *("wins", "reopenings", "loss_reason", "competitor", "last_activity_at", "last_result"),
        *("channel", "purpose", "grantee", "person_kind", "since", "proof_at", "reasons", "is_suppressed", "is_barred", "released_at"),
        *("provider", "cause", "code"),
        *("win", "is_wanted", "asked_at", "withdrawn_at", "answer", "answered_at", "promised", "promised_first", "due_at"),
        *("missing_since", "watch_at", "is_watched"),
        *("category", "outcome", "answer_by", "solve_by", "remind_hours"),
        *("step", "step_percent", "completed_at", "progress"),
        *("ordered", "confirmed", "despatched", "received", "invoiced", "paid"),
        *("reached", "status_at", "incident", "place", "despatched_at", "planned_arrival", "estimated_arrival", "delivered_at"),
        *("delay_minutes", "heard_at", "lane", "currency", "expected_minor", "billed_minor", "disputed_minor", "credited_minor"),
        *("accrued_minor", "cost_minor", "weight_g", "fuel_milli", "is_cancelled", "is_carried", "is_overdue"),
    }
)
"""Fields that say nothing of a person by themselves; any other is masked."""

REFERENCES = frozenset(
    {"ref", "customer", "parent", "superior", "lead", "opportunity", "dealer", "product", "person", "reference", "number", "whose"}
)
"""Fields shown where they look like a reference."""

PAPERS = frozenset(
    {
        *("lines", "calls", "despatches", "receptions", "invoices", "credits", "receipts", "reversals", "documents"),
        *("advices", "orders", "estimates", "terms", "services", "quote", "expected", "bills", "answers"),
        *("findings", "disputes", "allocations", "balances", "missing", "vins"),
    }
)
"""Fields that hold whole papers: tables show these, a line of words does not."""


def masked(field: str, value: Any) -> Any:  # noqa: ANN401 - any column's value
    """One field of a state as an operator sees it."""
    if value is None or field in SHOWN:
        return value
    if field in REFERENCES and isinstance(value, str):
        return mask_reference(value)
    return shape(value)


def fields(state: Any, *, is_masked: bool) -> dict[str, Any]:  # noqa: ANN401 - any state's NamedTuple
    """A state by its fields."""
    return row(state._asdict(), is_masked=is_masked)


def row(values: Mapping[str, Any], *, is_masked: bool) -> dict[str, Any]:
    """Some fields of a state."""
    return {field: masked(field, value) if is_masked else value for field, value in values.items()}


def changes(before: Any, after: Any, *, is_masked: bool) -> list[str]:  # noqa: ANN401 - any state's NamedTuple
    """What differs between two states, in words, papers left out; `before` is None where the subject was not known yet."""
    new = _in_words(after, is_masked)
    if before is None:
        return [f"{field} {text}" for field, text in new.items()]
    old = _in_words(before, is_masked)
    moved = {_name(field) for field in after._fields if field not in PAPERS and getattr(before, field) != getattr(after, field)}
    return [
        f"{field}: {old.get(field, 'nothing')} → {new.get(field, 'nothing')}"
        for field in (_name(name) for name in after._fields if name not in PAPERS and not name.endswith("_currency"))
        if moved & {field, f"{field}_currency"}
    ]


def _in_words(state: Any, is_masked: bool) -> dict[str, str]:  # noqa: ANN401 - any state's NamedTuple
    """What a line of words says of a state; a sum may share its name with the paper that it follows from, and stays."""
    return dict(readable({field: value for field, value in fields(state, is_masked=is_masked).items() if field not in PAPERS}))


def readable(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields that hold something, as text; an amount with its currency, which may be one for all of them, a measure with its unit."""
    for field, value in values.items():
        name = _name(field)
        if value in (None, []) or field.endswith("_currency"):
            continue
        if field.endswith("_minor"):
            yield name, written(value, values[f"{name}_currency"] if f"{name}_currency" in values else values["currency"])
        elif name != field and isinstance(value, int):
            yield name, f"{Decimal(value).scaleb(-3).normalize():,f} {'kg' if field.endswith('_g') else '%'}"
        else:
            yield name, text(value)


def _name(field: str) -> str:
    """A field as people know it: without the unit in which it is kept."""
    return re.sub("_(minor|g|milli)$", "", field)


def text(value: object) -> str:
    """One value for a person."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
