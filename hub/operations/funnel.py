"""The sales funnel: for each stage of each sales model how many, how much, how likely, how long."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from contracts.base import SalesModel, Stage
from hub.errors import InputError
from hub.operations.base_plan import as_data
from hub.rules.basedata import BaseData
from hub.rules.decision import principal_of
from hub.state import base_editions, funnels
from hub.state.base_editions import StoredEdition
from hub.state.funnels import Age, Counted, Scope
from hub.state.reading import snapshot

Amounts = dict[str, int]
"""Minor units by currency."""


class StageFunnel(NamedTuple):
    """One stage as opportunities stand now; a closed one counts where it was won or lost.

    `reached` counts those that stand in this stage or in a later one of the model, `conversion` is the percentage of
    them that went on to a later stage or were won. `weighted` is the open amount by the stage's probability.
    """

    stage: str
    name: str | None
    probability: int | None
    open: int
    won: int
    lost: int
    reached: int
    conversion: float | None
    amounts: Amounts
    weighted: Amounts
    ageing_days: int | None
    median_days: float | None
    longest_days: float | None
    stuck: int


class ModelFunnel(NamedTuple):
    """One sales model; `win_rate` is the percentage of the closed opportunities that were won."""

    model: str
    name: str | None
    open: int
    won: int
    lost: int
    win_rate: float | None
    open_amounts: Amounts
    weighted: Amounts
    won_amounts: Amounts
    stuck: int
    stages: list[StageFunnel]


async def funnel(
    url: str, *, dealer: str | None = None, model: str | None = None, since: date | None = None, until: date | None = None
) -> list[ModelFunnel]:
    """The funnel of each sales model in use, over the opportunities opened in a period (UTC days, both included)."""
    if since and until and since > until:
        raise InputError("--from", "a day not after --until", since.isoformat())
    scope = Scope(principal_of(dealer) if dealer else None, model, since, until)
    async with snapshot(url) as look:
        models = _models(await base_editions.editions(look, "sales_model"))
        if model is not None and model not in models:
            raise InputError("--model", f"a sales model: {', '.join(models) or 'none was laid down yet'}", model)
        limits = {(of.id, stage.id): stage.ageing_days for of in models.values() for stage in of.stages if stage.ageing_days}
        return drawn(models, await funnels.counts(look, scope), await funnels.ages(look, scope, limits))


def drawn(models: Mapping[str, SalesModel], counted: Iterable[Counted], ages: Iterable[Age]) -> list[ModelFunnel]:
    """The same, from the rows: stages in the model's order, then those that the model no longer has."""
    by_stage: dict[str, dict[str, list[Counted]]] = defaultdict(lambda: defaultdict(list))
    for row in counted:
        by_stage[row.sales_model][row.stage].append(row)
    age = {(row.sales_model, row.stage): row for row in ages}
    return [_model(name, models.get(name), by_stage[name], age) for name in sorted(by_stage)]


def _model(name: str, model: SalesModel | None, rows: Mapping[str, list[Counted]], ages: Mapping[tuple[str, str], Age]) -> ModelFunnel:
    known = {stage.id: stage for stage in model.stages} if model else {}
    order = [*known, *sorted(set(rows) - set(known))]
    stages: list[StageFunnel] = []
    later = 0
    for stage in reversed(order):
        one = _stage(stage, known.get(stage), rows.get(stage, []), ages.get((name, stage)), later if stage in known else None)
        later += one.open + one.won + one.lost if stage in known else 0
        stages.insert(0, one)
    everything = [row for of in rows.values() for row in of]
    won, lost = _count(everything, "won"), _count(everything, "lost")
    return ModelFunnel(
        name,
        model.name if model else None,
        _count(everything, "open"),
        won,
        lost,
        _percent(won, won + lost),
        _sum(everything, "open"),
        _added(stage.weighted for stage in stages),
        _sum(everything, "won"),
        sum(stage.stuck for stage in stages),
        stages,
    )


def _stage(stage: str, known: Stage | None, rows: list[Counted], age: Age | None, later: int | None) -> StageFunnel:
    is_open, won, lost = (_count(rows, status) for status in ("open", "won", "lost"))
    here = is_open + won + lost
    amounts = _sum(rows, "open")
    return StageFunnel(
        stage,
        known.name if known else None,
        known.probability if known else None,
        is_open,
        won,
        lost,
        here + (later or 0),
        None if later is None else _percent(later + won, here + later),
        amounts,
        {currency: minor * known.probability // 100 for currency, minor in amounts.items()} if known else {},
        known.ageing_days if known else None,
        round(age.median_days, 1) if age else None,
        round(age.longest_days, 1) if age else None,
        age.stuck if age else 0,
    )


def _models(editions: Sequence[StoredEdition]) -> dict[str, SalesModel]:
    """Each sales model as it holds today."""
    base, now = BaseData(as_data(editions)), datetime.now(UTC)
    found = {edition.id: base.find(SalesModel, edition.id, now) for edition in editions}
    return {ref: model for ref, model in found.items() if model is not None}


def _count(rows: Iterable[Counted], status: str) -> int:
    return sum(row.opportunities for row in rows if row.status == status)


def _sum(rows: Iterable[Counted], status: str) -> Amounts:
    return _added({row.currency: row.minor} for row in rows if row.status == status and row.currency is not None)


def _added(amounts: Iterable[Amounts]) -> Amounts:
    total: Amounts = defaultdict(int)
    for amount in amounts:
        for currency, minor in amount.items():
            total[currency] += minor
    return dict(sorted(total.items()))


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
