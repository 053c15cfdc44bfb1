"""Audiences: a tree of conditions as expressions over the stores; what a person typed goes as values only, never as text of a query.

A condition is true or false, never unknown: a field without a value satisfies nothing but `known: false`, and `not` of that is true.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from operator import ge, gt, le, lt
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.sql.selectable import FromClause

from contracts.values import Money, PersonKind
from hub.rules.audience import (
    ActivityWhere,
    ConsentWhere,
    ContactWhere,
    Counted,
    CustomerWhere,
    LeadWhere,
    OpportunityWhere,
    Some,
    VehicleWhere,
    Where,
)
from hub.rules.comparison import Comparison, DayIs, ListIs, MomentIs, MoneyIs, NumberIs, OneOf
from hub.state import stores

Condition: TypeAlias = sa.ColumnElement[bool]
Column: TypeAlias = sa.ColumnElement[Any]

_DAY = timedelta(days=1)
_ORDER: Mapping[str, Callable[[Any, Any], Any]] = {"at_least": ge, "at_most": le, "more_than": gt, "less_than": lt}
_COLUMNS: Mapping[tuple[type[Where], str], str] = {(CustomerWhere, "kind"): "customer_kind"}
"""Fields that have another name in their store."""


class Relation(NamedTuple):
    """Others that belong to a row: their tree and table, and how they are found from it."""

    tree: type[Where]
    table: FromClause
    belongs: Callable[[FromClause, FromClause], Condition]


def _by_customer(one: FromClause, other: FromClause) -> Condition:
    return sa.and_(other.c.principal == one.c.principal, other.c.customer == one.c.ref)


def _beside(one: FromClause, other: FromClause) -> Condition:
    return sa.and_(other.c.principal == one.c.principal, other.c.customer == one.c.customer)


def _by_lead(one: FromClause, other: FromClause) -> Condition:
    return sa.and_(other.c.principal == one.c.principal, other.c.lead == one.c.ref)


def _its_customer(one: FromClause, other: FromClause) -> Condition:
    return sa.and_(other.c.principal == one.c.principal, other.c.ref == one.c.customer)


def _of_kind(kind: str, ref: str, belongs_kind: str, belongs_ref: str) -> Callable[[FromClause, FromClause], Condition]:
    """Others that name by kind and reference whom they belong to."""

    def belongs(one: FromClause, other: FromClause) -> Condition:
        return sa.and_(other.c.principal == one.c.principal, other.c[belongs_kind] == kind, other.c[belongs_ref] == one.c[ref])

    return belongs


def _held_by(one: FromClause, other: FromClause) -> Condition:
    return sa.and_(other.c.dealer == _speaker(one), other.c.customer == one.c.ref)


def _speaker(table: FromClause) -> sa.ColumnElement[str]:
    """The dealer who speaks of a row; `oem` for what the OEM took itself."""
    return sa.func.regexp_replace(table.c.principal, "^dealer:", "")


def _consents(kind: PersonKind) -> "Relation":
    return Relation(ConsentWhere, stores.consents.table, _of_kind(kind, "ref", "person_kind", "person"))


def _activities(kind: str) -> "Relation":
    return Relation(ActivityWhere, stores.activities.table, _of_kind(kind, "ref", "belongs_kind", "belongs_ref"))


RELATIONS: Mapping[tuple[type[Where], str], Relation] = {
    (CustomerWhere, "opportunities"): Relation(OpportunityWhere, stores.opportunities.table, _by_customer),
    (CustomerWhere, "leads"): Relation(LeadWhere, stores.leads.table, _by_customer),
    (CustomerWhere, "contacts"): Relation(ContactWhere, stores.contacts.table, _by_customer),
    (CustomerWhere, "activities"): _activities("customer"),
    (CustomerWhere, "vehicles"): Relation(VehicleWhere, stores.vehicles.table, _held_by),
    (CustomerWhere, "consents"): _consents("customer"),
    (ContactWhere, "consents"): _consents("contact"),
    (LeadWhere, "activities"): _activities("lead"),
    (LeadWhere, "consents"): _consents("prospect"),
    (ContactWhere, "customer"): Relation(CustomerWhere, stores.customers.table, _its_customer),
    (ContactWhere, "opportunities"): Relation(OpportunityWhere, stores.opportunities.table, _beside),
    (LeadWhere, "opportunities"): Relation(OpportunityWhere, stores.opportunities.table, _by_lead),
}


def holds(node: Where, table: FromClause, now: datetime) -> Condition:
    """Whether a tree's conditions hold of a row; `now` is what days are counted from."""
    return sa.and_(sa.true(), *_parts(node, table, now))


def _parts(node: Where, table: FromClause, now: datetime) -> Iterator[Condition]:
    for name in type(node).model_fields:
        said: object = getattr(node, name)
        match said:
            case None:
                continue
            case tuple():
                parts = [holds(one, table, now) for one in said]
                yield sa.and_(*parts) if name == "and_" else sa.or_(*parts)
            case Where() if name == "not_":
                yield sa.not_(holds(said, table, now))
            case Where():
                yield _exists(RELATIONS[type(node), name], said, table, now)
            case Some():
                yield from _some(RELATIONS[type(node), name], said, table, now)
            case Comparison():
                yield from _compared(type(node), name, said, table, now)
            case _:
                raise TypeError(f"{name} of {type(node).__name__} is no condition")


def _exists(relation: Relation, where: Where | None, table: FromClause, now: datetime) -> Condition:
    other = relation.table.alias()
    return sa.select(sa.literal(1)).where(*_belonging(relation, where, table, other, now)).exists()


def _belonging(relation: Relation, where: Where | None, table: FromClause, other: FromClause, now: datetime) -> list[Condition]:
    return [relation.belongs(table, other), holds(where or relation.tree(), other, now)]


def _some(relation: Relation, some: Some[Any], table: FromClause, now: datetime) -> Iterator[Condition]:
    if some.exists is not None:
        yield _exists(relation, some.exists, table, now)
    if some.none is not None:
        yield sa.not_(_exists(relation, some.none, table, now))
    if some.count is not None:
        yield from _count(relation, some.count, table, now)


def _count(relation: Relation, counted: Counted[Any], table: FromClause, now: datetime) -> Iterator[Condition]:
    other = relation.table.alias()
    found = sa.select(sa.func.count()).select_from(other).where(*_belonging(relation, counted.where, table, other, now)).scalar_subquery()
    for word in ("at_least", "at_most"):
        most = getattr(counted, word)
        if most is not None:
            yield _ORDER[word](found, most)


def _compared(tree: type[Where], name: str, said: Comparison, table: FromClause, now: datetime) -> Iterator[Condition]:
    """Each operator of a comparison, as true or false."""
    column, currency = _money(name, table) if isinstance(said, MoneyIs) else (_column(tree, name, table), None)
    for word, value in said.said().items():
        if word == "known":
            yield column.is_not(None) if value else column.is_(None)
        else:
            yield sa.func.coalesce(_operator(said, word, value, column, currency, now), sa.false())


def _money(name: str, table: FromClause) -> tuple[Column, Column]:
    return table.c[f"{name}_minor"], table.c[f"{name}_currency"]


def _column(tree: type[Where], name: str, table: FromClause) -> Column:
    """Where a field is kept; a dealer is who a lead is routed to, and who speaks of anything else."""
    if name == "dealer" and tree is not LeadWhere:
        return _speaker(table)
    return table.c[_COLUMNS.get((tree, name), name)]


def _operator(said: Comparison, word: str, value: Any, column: Column, currency: Column | None, now: datetime) -> Condition:  # noqa: ANN401 - any column's type
    found: Condition
    match said:
        case MoneyIs():
            assert isinstance(value, Money)  # noqa: S101 - the tree is typed
            assert currency is not None  # noqa: S101 - as above
            found = sa.and_(currency == value.currency, _ORDER[word](column, value.minor))
        case ListIs():
            parts = [sa.func.jsonb_exists(column, one) for one in ([value] if isinstance(value, str) else value)]
            found = sa.or_(*parts) if word == "has_any" else sa.and_(*parts)
        case DayIs():
            found = _day(word, value, column, now)
        case MomentIs():
            found = _moment(word, value, column, now)
        case NumberIs() if word in _ORDER:
            found = _ORDER[word](column, value)
        case OneOf() | NumberIs():
            found = _text(word, value, column)
        case _:
            raise TypeError(f"no operator {word} for {type(said).__name__}")
    return found


def _text(word: str, value: Any, column: Column) -> Condition:  # noqa: ANN401 - any column's type
    found: Condition
    match word:
        case "is_":
            found = column == value
        case "in_":
            found = column.in_(list(value))
        case _:
            place = sa.func.strpos(_lower(column), _lower(sa.literal(value)))
            found = place == 1 if word == "starts_with" else place > 0
    return found


def _lower(text: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """A to Z only, so that it means the same in every database, whatever its locale."""
    return sa.func.lower(sa.collate(text, "C"))


def _day(word: str, value: Any, column: Column, now: datetime) -> Condition:  # noqa: ANN401 - any column's type
    found: Condition
    today = now.astimezone(UTC).date()
    match word:
        case "is_":
            found = column == value
        case "before":
            found = column < value
        case "after":
            found = column > value
        case "within_days":
            found = column.between(today - value * _DAY, today)
        case "in_next_days":
            found = column.between(today, today + value * _DAY)
        case _:
            found = column < today - value * _DAY
    return found


def _moment(word: str, value: Any, column: Column, now: datetime) -> Condition:  # noqa: ANN401 - any column's type
    found: Condition
    match word:
        case "before":
            found = column < datetime.combine(value, time(), UTC)
        case "after":
            found = column >= datetime.combine(value, time(), UTC) + _DAY
        case "within_days":
            found = column.between(now - value * _DAY, now)
        case "in_next_days":
            found = column.between(now, now + value * _DAY)
        case _:
            found = column < now - value * _DAY
    return found
