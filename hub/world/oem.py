"""What the OEM of the simulated world lays down: the same for every seed, so that worlds may follow one another on one hub."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from hub.world import names
from hub.world.speech import Meant

SOURCE = "/oem/base"
_LAID_DOWN = datetime(2020, 1, 6, 9, tzinfo=UTC)
BEGINNING = date(1900, 1, 1)


Stage = dict[str, Any]


def _stage(ref: str, probability: int, *moves: str, may_win: bool = True, may_lose: bool = True, days: int = 90) -> Stage:
    allowed = {"moves": list(moves), "may_win": may_win, "may_lose": may_lose}
    return {"id": ref, "name": ref.replace("_", " ").capitalize(), "probability": probability, "ageing_days": days} | allowed


MODELS: dict[str, Sequence[Stage]] = {
    "standard": (
        _stage("interest", 10, "offer", "test_drive", may_win=False, days=30),
        _stage("test_drive", 30, "offer", "interest", days=21),
        _stage("offer", 50, "negotiation", "test_drive"),
        _stage("negotiation", 75, "offer", "contract"),
        _stage("contract", 95, "negotiation", may_lose=False),
    ),
    "fleet": (
        _stage("need", 10, may_win=False),  # no moves named: any may follow
        _stage("tender", 30, "shortlist", "need"),
        _stage("shortlist", 60, "terms", "tender"),
        _stage("terms", 85, "shortlist"),
    ),
}
UNVISITED: Sequence[Stage] = (_stage("prospecting", 5, may_win=False, days=60), _stage("engaging", 25, days=120))
"""Stages of the standard model in which these dealers never are: an import's opportunities may stand there."""
MODELS_CHANGED = datetime(2025, 1, 1, tzinfo=UTC)
FLEET_AFTERWARDS: Sequence[Stage] = (
    _stage("need", 10, "tender", "pilot", may_win=False),
    _stage("pilot", 20, "tender", "need", may_win=False),
    *MODELS["fleet"][1:],
)
"""From that day on a pilot may come first, and nobody jumps from need to the terms any more."""
LOSS_REASONS = ("price", "delivery_time", "financing", "trade_in", "no_longer_needed", "not_recorded")
RETIRED_REASON, RETIRED_FROM = "colour", date(2023, 1, 1)
COMPETITORS = ("northwind_motors", "kestrel_cars", "borealis_auto", "none", "not_recorded")
PRODUCTS = tuple(f"{series}-{size}" for series in ("city", "tour", "cargo", "field") for size in ("s", "m", "l"))
PRICED_WRONG = "tour-l"
STAFF_PER_DEALER = 3


def staff_of(dealer: str) -> tuple[str, ...]:
    """The salespeople of a dealer, by the ids that its events name."""
    return tuple(f"{dealer}.s{number}" for number in range(1, STAFF_PER_DEALER + 1))


def stages(model: str, at: datetime) -> Sequence[Stage]:
    """The stages of a model as they are on that day."""
    return FLEET_AFTERWARDS if model == "fleet" and at >= MODELS_CHANGED else MODELS[model]


def stage(model: str, ref: str, at: datetime) -> Stage:
    """One stage of a model."""
    return next(stage for stage in stages(model, at) if stage["id"] == ref)


def may_follow(model: str, ref: str, at: datetime) -> Sequence[str]:
    """The stages to which one may go on that day."""
    moves: Sequence[str] = stage(model, ref, at)["moves"]
    return moves or [stage["id"] for stage in stages(model, at)]


def base_data(dealers: Sequence[str]) -> Iterator[Meant]:
    """All base data in the order in which it is said: corrections and editions after what they follow."""
    for model, stages in MODELS.items():
        others = UNVISITED if model == "standard" else ()
        yield _laid_down("sales_model", model, name=model.capitalize(), stages=[*others, *stages])
    yield _laid_down("sales_model", "fleet", MODELS_CHANGED.date(), name="Fleet", stages=list(FLEET_AFTERWARDS))
    for reason in LOSS_REASONS[:-1]:
        yield _laid_down("loss_reason", reason, name=reason.replace("_", " "))
    yield _laid_down("loss_reason", RETIRED_REASON, name="Colour not available")
    yield _laid_down("loss_reason", RETIRED_REASON, RETIRED_FROM, name="Colour not available", retired=True)
    for competitor in COMPETITORS[:-2]:
        name = competitor.replace("_", " ").title()
        products = [f"{name} One", f"{name} Two"]
        yield _laid_down("competitor", competitor, name=name, products=products, weaknesses="Long delivery times.\nFew workshops.")
    for number, product in enumerate(PRODUCTS):
        price = {"minor": 2_000_000 + 250_000 * number, "currency": "EUR"}
        yield _laid_down("product", product, name=product.title(), series=product.split("-")[0], list_price=price)
    next_day = _LAID_DOWN + timedelta(days=1)
    wrong, right = {"minor": 1, "currency": "EUR"}, {"minor": 3_390_000, "currency": "EUR"}
    yield _laid_down("product", PRICED_WRONG, at=next_day, id_="priced-wrong", name="Tour-L", list_price=wrong)
    yield _laid_down("product", PRICED_WRONG, at=next_day, id_="priced-right", corrects="priced-wrong", name="Tour-L", list_price=right)
    for dealer in dealers:
        own = Random(dealer)  # a dealer's name depends on its id alone
        yield _laid_down("dealer", dealer, name=f"{names.word(own)} Cars", unit=dealer.split("-")[0], country="DE")
        for member in staff_of(dealer):
            yield _laid_down("staff", member, name=names.person(own), dealer=dealer)


def _laid_down(
    kind: str,
    ref: str,
    effective_from: date = BEGINNING,
    *,
    at: datetime = _LAID_DOWN,
    id_: str | None = None,
    corrects: str | None = None,
    **fields: object,
) -> Meant:
    edition = f"{kind}/{ref}@{effective_from.isoformat()}"
    body: dict[str, Any] = {"id": ref, "effective_from": effective_from.isoformat(), **fields}
    return Meant("oem", f"{kind}.recorded", edition, at, None, corrects, SOURCE, id_ or edition, body)
