"""Conditions choose from a real database exactly those whom plain Python says they choose, whatever the tree and the rows."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from hub.rules.audience import TREES, ActivityWhere, ConsentWhere, ContactWhere, CustomerWhere, LeadWhere, OpportunityWhere, Where
from hub.rules.comparison import Comparison, DayIs, ListIs, MomentIs, MoneyIs, NumberIs, OneOf, TextIs
from hub.state import stores
from hub.state.audiences import holds
from hub.state.connect import connect
from tests.support import audience_oracle, population
from tests.support.database import Database

ContactWhere.model_rebuild()  # so that its fields tell their types before a tree is read
TABLES = {CustomerWhere: stores.customers, ContactWhere: stores.contacts, LeadWhere: stores.leads}
STATES = {tree: store.state for tree, store in TABLES.items()} | {
    OpportunityWhere: stores.opportunities.state,
    ConsentWhere: stores.consents.state,
    ActivityWhere: stores.activities.state,
}
CHOICES = population.CHOICES | {"kind": population.CHOICES["customer_kind"]}
DEEPEST = 3


def values(tree: type[Where], field: str, comparison: type[Comparison]) -> dict[str, st.SearchStrategy[Any]]:  # noqa: PLR0911 - one return a type
    """A strategy for each operator of a field's comparison."""
    days, number = st.sampled_from(population.DAYS), st.sampled_from(population.NUMBERS)
    span = st.sampled_from([0, 1, 10, 100])
    known: dict[str, st.SearchStrategy[Any]] = {"known": st.booleans()} if "known" in comparison.model_fields else {}
    if issubclass(comparison, MoneyIs):
        money = st.fixed_dictionaries({"minor": number, "currency": st.sampled_from(["EUR", "USD"])})
        return known | dict.fromkeys(("at_least", "at_most", "more_than", "less_than"), money)
    if issubclass(comparison, NumberIs):
        return known | dict.fromkeys(("is", "at_least", "at_most", "more_than", "less_than"), number)
    if issubclass(comparison, MomentIs):
        spans = dict.fromkeys(("within_days", "older_than_days", "in_next_days"), span)
        more = {"is": days} if issubclass(comparison, DayIs) else {}
        return known | spans | more | dict.fromkeys(("before", "after"), days)
    if issubclass(comparison, ListIs):
        slugs = st.lists(st.sampled_from(population.SLUGS), min_size=1, max_size=2)
        return {"has": st.sampled_from(population.SLUGS), "has_any": slugs, "has_all": slugs}
    if issubclass(comparison, TextIs):
        text = st.sampled_from([*population.TEXTS, "BERLIN", "m", "ü"])
        return known | {"is": text, "in": st.lists(text, min_size=1, max_size=3), "contains": text, "starts_with": text}
    if issubclass(comparison, OneOf):
        one = st.sampled_from(population.STATUS[STATES[tree]] if field == "status" else CHOICES[field])
        return known | {"is": one, "in": st.lists(one, min_size=1, max_size=2)}
    return known


def model_of(hint: Any) -> Iterator[type]:
    if isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from model_of(part)


@cache
def trees(tree: type[Where], depth: int = DEEPEST) -> st.SearchStrategy[dict[str, Any]]:
    """Trees as people write them."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in tree.model_fields.items():
        model = next((one for one in model_of(field.annotation) if one is not type(None)), None)
        if model is not None and issubclass(model, Comparison) and not {"exists", "none"} & set(model.model_fields):
            operators = values(tree, name, model)
            fields[name] = st.dictionaries(st.sampled_from(list(operators)), st.none(), min_size=1, max_size=2).flatmap(
                lambda chosen, operators=operators: st.fixed_dictionaries({word: operators[word] for word in chosen})
            )
        elif depth and model is not None and issubclass(model, Where):
            fields[name] = trees(model, depth - 1)
        elif depth and model is not None and name not in {"and_", "or_", "not_"}:
            other = trees(next(model_of(model.model_fields["exists"].annotation)), depth - 1)
            counted = st.fixed_dictionaries({"where": other, "at_least": st.integers(0, 2)}, optional={"at_most": st.integers(0, 3)})
            fields[name] = st.one_of(
                *(st.fixed_dictionaries({word: s}) for word, s in (("exists", other), ("none", other), ("count", counted)))
            )
    if depth:
        deeper = st.deferred(lambda: trees(tree, depth - 1))
        fields |= {"and": st.lists(deeper, min_size=1, max_size=2), "or": st.lists(deeper, min_size=1, max_size=3), "not": deeper}
    return st.lists(st.sampled_from(list(fields)), max_size=2, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: fields[name] for name in names})
    )


@pytest.fixture
def peopled(database: str) -> Iterator[tuple[Database, audience_oracle.Population]]:
    async def settle() -> Any:
        connection = await connect(database, name="test")
        try:
            return await population.settle(connection, seed=7)
        finally:
            await connection.close()

    with Database(database) as asked:
        yield asked, asked.run(settle())


@pytest.mark.parametrize("audience", ["customers", "contacts", "prospects"])
def test_conditions_choose_whom_plain_python_says(audience: Any, peopled: tuple[Database, audience_oracle.Population]) -> None:
    asked, people = peopled
    tree = TREES[audience]
    store = TABLES[tree]
    chosen: list[int] = []

    @given(trees(tree))
    @settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(written: dict[str, Any]) -> None:
        node = tree.model_validate_json(_json(written))
        question = sa.select(store.table.c.principal, store.table.c.ref).where(holds(node, store.table, population.NOW))
        compiled = question.compile(dialect=dialect(), compile_kwargs={"render_postcompile": True})
        found = asked.rows(str(compiled), *(compiled.params[name] for name in compiled.positiontup or ()))
        wanted = [row for row in people[store.name] if audience_oracle.holds(node, row, people, population.NOW)]
        assert {(r["principal"], r["ref"]) for r in found} == {(r["principal"], r["ref"]) for r in wanted}
        chosen.append(len(found))

    check()
    assert sum(0 < n < len(people[store.name]) for n in chosen) > 0, "conditions that choose all or nobody show nothing"


def _json(written: dict[str, Any]) -> str:
    import json

    return json.dumps(written, default=lambda value: value.isoformat() if isinstance(value, date) else str(value))
