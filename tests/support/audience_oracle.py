"""Whom conditions hold of, said once more in plain Python: the oracle that the expressions over the stores are held against."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.rules.audience import ContactWhere, CustomerWhere, LeadWhere, OpportunityWhere, Some, Where
from hub.rules.comparison import Comparison, ListIs, MoneyIs

Row = Mapping[str, Any]
Population = Mapping[str, Sequence[Row]]
"""Rows by store."""

_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_DAY = timedelta(days=1)


def holds(node: Where, row: Row, population: Population, now: datetime) -> bool:
    """Whether all that a tree says is true of a row."""
    return all(
        _part(node, name, said, row, population, now) for name in type(node).model_fields if (said := getattr(node, name)) is not None
    )


def _part(node: Where, name: str, said: Any, row: Row, population: Population, now: datetime) -> bool:
    if name == "and_":
        return all(holds(one, row, population, now) for one in said)
    if name == "or_":
        return any(holds(one, row, population, now) for one in said)
    if name == "not_":
        return not holds(said, row, population, now)
    if isinstance(said, Where):
        return any(holds(said, other, population, now) for other in _others(node, name, row, population))
    if isinstance(said, Some):
        return _some(said, _others(node, name, row, population), population, now)
    return _compared(node, name, said, row, now)


KINDS = {
    ("consents", CustomerWhere): "customer",
    ("consents", ContactWhere): "contact",
    ("consents", LeadWhere): "prospect",
    ("activities", CustomerWhere): "customer",
    ("activities", LeadWhere): "lead",
}
BY = {"consents": ("person_kind", "person"), "activities": ("belongs_kind", "belongs_ref")}


def _others(node: Where, name: str, row: Row, population: Population) -> list[Row]:
    if name in BY:
        kind, ref = BY[name]
        return _where(population[name], row, **{kind: KINDS[name, type(node)], ref: row["ref"]})
    match node, name:
        case _, "vehicles":
            dealers = [{**one, "principal": f"dealer:{one['dealer']}"} for one in population[name]]
            return _where(dealers, row, customer=row["ref"])
        case CustomerWhere(), _:
            return _where(population[name], row, customer=row["ref"])
        case ContactWhere(), "customer":
            return _where(population["customers"], row, ref=row["customer"])
        case ContactWhere(), _:
            return _where(population[name], row, customer=row["customer"])
        case _:
            return _where(population[name], row, lead=row["ref"])


def _where(rows: Sequence[Row], row: Row, **fields: Any) -> list[Row]:
    """Those of the same principal that have these values; an unknown one is nobody's."""
    return [
        one
        for one in rows
        if one["principal"] == row["principal"] and all(value is not None and one[name] == value for name, value in fields.items())
    ]


def _some(said: Some[Any], others: Sequence[Row], population: Population, now: datetime) -> bool:
    def count(where: Where | None) -> int:
        return sum(where is None or holds(where, one, population, now) for one in others)

    if said.exists is not None and not count(said.exists):
        return False
    if said.none is not None and count(said.none):
        return False
    if said.count is None:
        return True
    found = count(said.count.where)
    least, most = said.count.at_least, said.count.at_most
    return (least is None or found >= least) and (most is None or found <= most)


def _compared(node: Where, name: str, said: Comparison, row: Row, now: datetime) -> bool:
    if name == "dealer":
        value: Any = row["dealer"] if isinstance(node, LeadWhere) else row["principal"].removeprefix("dealer:")
    elif isinstance(said, MoneyIs):
        value = row[f"{name}_minor"]
    else:
        value = row["customer_kind" if name == "kind" and isinstance(node, CustomerWhere) else name]
    currency = row.get(f"{name}_currency")
    return all(_operator(said, word, wanted, value, currency, now) for word, wanted in said.said().items())


def _operator(said: Comparison, word: str, wanted: Any, value: Any, currency: str | None, now: datetime) -> bool:  # noqa: C901, PLR0911, PLR0912 - one return an operator
    if word == "known":
        return bool((value is not None) == wanted)
    if value is None:
        return False
    if isinstance(said, MoneyIs):
        if currency != wanted.currency:
            return False
        wanted = wanted.minor
    if isinstance(said, ListIs):
        asked = {wanted} if isinstance(wanted, str) else set(wanted)
        return bool(asked & set(value)) if word == "has_any" else asked <= set(value)
    if isinstance(value, datetime) and word in {"before", "after"}:
        midnight = datetime(wanted.year, wanted.month, wanted.day, tzinfo=UTC)
        return value < midnight if word == "before" else value >= midnight + _DAY
    here: Any = now if isinstance(value, datetime) else now.astimezone(UTC).date()
    match word:
        case "is_":
            return bool(value == wanted)
        case "in_":
            return value in wanted
        case "contains":
            return wanted.translate(_LOWER) in value.translate(_LOWER)
        case "starts_with":
            return bool(value.translate(_LOWER).startswith(wanted.translate(_LOWER)))
        case "at_least":
            return bool(value >= wanted)
        case "at_most":
            return bool(value <= wanted)
        case "more_than" | "after":
            return bool(value > wanted)
        case "less_than" | "before":
            return bool(value < wanted)
        case "within_days":
            return bool(here - wanted * _DAY <= value <= here)
        case "older_than_days":
            return bool(value < here - wanted * _DAY)
        case "in_next_days":
            return bool(here <= value <= here + wanted * _DAY)
    raise AssertionError(word)


__all__ = ["OpportunityWhere", "Population", "Row", "holds"]
