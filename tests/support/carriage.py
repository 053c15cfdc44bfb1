"""A carrier, its prices, its fuel table and a rate: the base data of carriage that tests reckon by."""

from datetime import UTC, date, datetime
from typing import Any

from contracts.base import Carrier, ExchangeRate, FuelTable, Tariff
from contracts.base.v1 import BaseDatum
from hub.rules.basedata import BaseData

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
CARRIER = "rhein-trans"

LANES: tuple[dict[str, Any], ...] = (
    {
        "id": "berlin-munich",
        "origin": "DE-10",
        "destination": "DE-8",
        "minimum_minor": 4500,
        "breaks": (
            {"from_kg": 0, "per_100kg_minor": 2400},
            {"from_kg": 500, "per_100kg_minor": 1900},
            {"from_kg": 2500, "per_100kg_minor": 1250},
        ),
    },
    {"id": "germany", "origin": "DE", "destination": "DE", "per_km_minor": 130, "distance_km": 400},
    {"id": "vehicles-france", "origin": "DE", "destination": "FR", "per_unit_minor": 19500},
)
SERVICES: tuple[dict[str, Any], ...] = (
    {"id": "waiting", "name": "Waiting, per half hour", "per_unit_minor": 3000, "free_units": 1},
    {"id": "express", "name": "Express", "percent_milli": 25_000, "bears_fuel": True},
)


def carrier(**changed: Any) -> Carrier:
    """The carrier; its terms may be changed."""
    terms = {"name": "Rhein Trans", "currency": "EUR", "tariff": "rhein-road", "fuel_table": "diesel", "tolerance_minor": 50}
    return Carrier.model_validate({"occurred_at": MONDAY, "id": CARRIER, **terms, **changed})


def tariff(**changed: Any) -> Tariff:
    """Its tariff."""
    body = {"id": "rhein-road", "name": "Road", "currency": "EUR", "lanes": LANES, "accessorials": SERVICES, "kg_per_m3": 200}
    return Tariff.model_validate({"occurred_at": MONDAY, **body, **changed})


def fuel(percent_milli: int = 12_750, week: date = date(2026, 3, 2)) -> FuelTable:
    """The surcharge of one week."""
    return FuelTable(occurred_at=MONDAY, id="diesel", effective_from=week, percent_milli=percent_milli)


def rate(pair: str, rate_nano: int, day: date = date(2026, 1, 1)) -> ExchangeRate:
    """What one is worth in the other, from a day on."""
    return ExchangeRate(occurred_at=MONDAY, id=pair, effective_from=day, rate_nano=rate_nano)


def base(*more: BaseDatum, without: tuple[str, ...] = ()) -> BaseData:
    """All of it, and more; without some kinds."""
    data = (carrier(), tariff(), fuel(), *more)
    return BaseData(datum for datum in data if datum.KIND not in without)
