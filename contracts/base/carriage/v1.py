"""First editions of the base data of carriage."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import FailFast, Field, field_validator

from contracts.base.v1 import BaseDatum
from contracts.contract import Contract
from contracts.values import Currency, CurrencyPair, Line, PartnerId, Permille, Price, Quantity, Rate, Slug, Zone

AllocationBasis = Literal["weight", "volume", "value", "count"]

_RESERVED = frozenset({"freight", "fuel"})


class Carrier(BaseDatum):
    """Who carries, and on what terms its bills are audited.

    `currency` is the one it bills in. A billed line may exceed what was expected by `tolerance_minor` or by
    `tolerance_permille` of it, whichever is more. A bill for a shipment nobody advised waits `unknown_after_days`;
    a dispute is to be answered within `answer_within_days`. `allocate_by` says how a charge is shared out.
    """

    KIND = "carrier"

    id: PartnerId
    name: Line
    currency: Currency
    tariff: Slug
    fuel_table: Slug | None = None
    tolerance_minor: Price = 0
    tolerance_permille: Permille = 0
    weight_tolerance_permille: Permille = 0
    unknown_after_days: Annotated[int, Field(ge=1, le=365)] = 7
    answer_within_days: Annotated[int, Field(ge=1, le=365)] = 14
    allocate_by: AllocationBasis = "weight"


class WeightBreak(Contract):
    """From this weight on, 100 kg cost so much."""

    from_kg: Quantity
    per_100kg_minor: Price


class Lane(Contract):
    """The price from one zone to another, such as from `DE-10` (Germany, postal codes that begin with 10) to `FR`.

    What is given adds up: by weight, by distance (the shipment's own, or `distance_km`), by units on board; at least the minimum.
    """

    id: Slug
    origin: Zone
    destination: Zone
    minimum_minor: Price = 0
    breaks: Annotated[tuple[WeightBreak, ...], Field(max_length=50), FailFast()] = ()
    per_km_minor: Price | None = None
    distance_km: Quantity | None = None
    per_unit_minor: Price | None = None

    @field_validator("breaks")
    @classmethod
    def _breaks_rise_from_nothing(cls, breaks: tuple[WeightBreak, ...]) -> tuple[WeightBreak, ...]:
        starts = [one.from_kg for one in breaks]
        if starts and (starts[0] != 0 or any(low >= high for low, high in pairwise(starts))):
            raise ValueError("weight breaks begin at 0 kg, each higher than the one before")
        return breaks


class Accessorial(Contract):
    """A service beside the carriage: so much a unit beyond the free ones, a percentage of the freight (in thousandths), or both."""

    id: Slug
    name: Line | None = None
    per_unit_minor: Price = 0
    free_units: Quantity = 0
    percent_milli: Quantity = 0
    bears_fuel: bool = False

    @field_validator("id")
    @classmethod
    def _is_no_word_of_ours(cls, code: str) -> str:
        if code in _RESERVED:
            raise ValueError("another id than freight and fuel, which every bill has")
        return code


class Tariff(BaseDatum):
    """A carrier's prices. A shipment weighs at least its volume times `kg_per_m3`, where that is agreed."""

    KIND = "tariff"

    id: Slug
    name: Line
    currency: Currency
    kg_per_m3: Quantity | None = None
    lanes: Annotated[tuple[Lane, ...], Field(min_length=1, max_length=2000), FailFast()]
    accessorials: Annotated[tuple[Accessorial, ...], Field(max_length=100), FailFast()] = ()

    @field_validator("lanes", "accessorials")
    @classmethod
    def _each_has_an_id_of_its_own(cls, listed: tuple[Lane | Accessorial, ...]) -> tuple[Lane | Accessorial, ...]:
        if len({one.id for one in listed}) != len(listed):
            raise ValueError("each has an id of its own")
        return listed


class FuelTable(BaseDatum):
    """The surcharge for fuel in one week, in thousandths of a percent; each week is an edition, from its Monday."""

    KIND = "fuel_table"

    id: Slug
    percent_milli: Quantity

    @field_validator("effective_from")
    @classmethod
    def _is_a_monday(cls, day: date) -> date:
        if day.weekday():
            raise ValueError("a Monday: each edition holds for one week")
        return day


class ExchangeRate(BaseDatum):
    """What one unit of a currency is worth in another from a day on: `USD-EUR` with 920000000 says 1 USD = 0.92 EUR."""

    KIND = "exchange_rate"

    id: CurrencyPair
    rate_nano: Rate
