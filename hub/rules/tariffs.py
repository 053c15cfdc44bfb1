"""What a carriage should cost: the lane, the weight break, the minimum, the fuel of the week and the services earned."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from contracts.base import Accessorial, Carrier, ExchangeRate, FuelTable, Lane, Tariff
from hub.rules.basedata import BaseData
from hub.rules.decision import Wait
from hub.rules.money import minor_digits
from hub.rules.rounding import converted, rounded

_G_OF_100_KG = 100_000
_MILLI_OF_100_PERCENT = 100_000
_WEEK = timedelta(days=7)


Where: TypeAlias = Sequence[str] | None
"""A place as country and postal code, as far as it is known."""


class Load(NamedTuple):
    """What is carried, from where to where, measured in g, dm3 and km."""

    origin: Where
    destination: Where
    weight_g: int
    volume_dm3: int
    units: int
    distance_km: int | None


class Reckoned(NamedTuple):
    """What a carriage should cost in the carrier's currency: by charge, in minor units.

    `lane` is None where the tariff has no price from there to there. `weight_g` is the weight that was charged.
    """

    lane: str | None
    weight_g: int
    fuel_milli: int | None
    charges: dict[str, int]


def reckoned(carrier: Carrier, load: Load, services: Mapping[str, int], at: datetime, base: BaseData) -> Reckoned | Wait:
    """By the tariff and the fuel table of that day; waits for base data that is not known yet."""
    tariff = base.find(Tariff, carrier.tariff, at)
    if tariff is None:
        return Wait("tariff", carrier.tariff)
    weight = max(load.weight_g, load.volume_dm3 * (tariff.kg_per_m3 or 0))  # a kg per m3 is a g per dm3
    lane = lane_for(tariff.lanes, load.origin, load.destination)
    if lane is None:
        return Reckoned(None, weight, None, {})
    fuel: int | None = None
    if carrier.fuel_table is not None:
        fuel = fuel_of_the_week(base, carrier.fuel_table, at)
        if fuel is None:
            return Wait("fuel_table", carrier.fuel_table)
    freight = _freight(lane, weight, load)
    charges, bearing = {"freight": freight}, freight
    for service in tariff.accessorials:
        if service.id in services:
            charges[service.id] = _surcharge(service, freight, services[service.id])
            bearing += charges[service.id] if service.bears_fuel else 0
    if fuel is not None:
        charges["fuel"] = rounded(bearing * fuel, _MILLI_OF_100_PERCENT)
    inside = exchanged(charges, tariff.currency, carrier.currency, at, base)
    return inside if isinstance(inside, Wait) else Reckoned(lane.id, weight, fuel, inside)


def fuel_of_the_week(base: BaseData, table: str, at: datetime) -> int | None:
    """The surcharge of that week, in thousandths of a percent; None while it is not published: last week's does not stand in."""
    edition = base.find(FuelTable, table, at)
    if edition is None or at.astimezone(UTC).date() >= edition.effective_from + _WEEK:
        return None
    return edition.percent_milli


def exchanged(charges: Mapping[str, int], origin: str, target: str, at: datetime, base: BaseData) -> dict[str, int] | Wait:
    """Each amount in the other currency, at the rate of that day."""
    if origin == target:
        return dict(charges)
    pair = f"{origin}-{target}"
    rate = base.find(ExchangeRate, pair, at)
    if rate is None:
        return Wait("exchange_rate", pair)
    digits = minor_digits(origin), minor_digits(target)
    return {charge: converted(minor, rate.rate_nano, digits) for charge, minor in charges.items()}


def lane_for(lanes: Iterable[Lane], origin: Where, destination: Where) -> Lane | None:
    """The lane that names both places most closely; among equals the first."""
    best: tuple[int, Lane] | None = None
    for lane in lanes:
        closeness = _closeness(lane.origin, origin), _closeness(lane.destination, destination)
        if None not in closeness:
            total = sum(closeness)  # type: ignore[arg-type] # neither is None
            if best is None or total > best[0]:
                best = total, lane
    return best[1] if best else None


def _closeness(zone: str, place: Where) -> int | None:
    """How many signs of the postal code a zone names; None where the place lies outside of it."""
    if place is None:
        return None
    country, _, prefix = zone.partition("-")
    postal = place[1].replace(" ", "").replace("-", "").upper()
    return len(prefix) if country == place[0] and postal.startswith(prefix) else None


def _freight(lane: Lane, weight_g: int, load: Load) -> int:
    distance = load.distance_km if load.distance_km is not None else lane.distance_km or 0
    price = by_weight(lane, weight_g) + (lane.per_km_minor or 0) * distance + (lane.per_unit_minor or 0) * load.units
    return max(lane.minimum_minor, price)


def by_weight(lane: Lane, weight_g: int) -> int:
    """The price of a weight: by its own break, or as if it weighed as much as a later one asks for, where that is less.

    So a heavier load never costs less than a lighter one.
    """
    own = sum(1 for start in lane.breaks if start.from_kg * 1000 <= weight_g) - 1
    later = lane.breaks[max(0, own) :]
    return min((rounded(start.per_100kg_minor * max(weight_g, start.from_kg * 1000), _G_OF_100_KG) for start in later), default=0)


def _surcharge(service: Accessorial, freight: int, quantity: int) -> int:
    billed = max(0, quantity - service.free_units)
    return service.per_unit_minor * billed + (rounded(freight * service.percent_milli, _MILLI_OF_100_PERCENT) if billed else 0)


def terms_of(carrier: Carrier) -> dict[str, Any]:
    """The terms by which a charge is audited and shared out, as its state keeps them."""
    return {
        "currency": carrier.currency,
        "tolerance_minor": carrier.tolerance_minor,
        "tolerance_permille": carrier.tolerance_permille,
        "weight_tolerance_permille": carrier.weight_tolerance_permille,
        "unknown_after_days": carrier.unknown_after_days,
        "answer_within_days": carrier.answer_within_days,
        "allocate_by": carrier.allocate_by,
    }
