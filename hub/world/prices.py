"""What the carriers of the simulated world charge, reckoned in a way of its own, and how a bill is spoilt."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from hub.world.speech import Meant

BREAKS = ((0, 2_000), (1_000, 1_600), (5_000, 1_400))
"""From so many kg on, 100 kg cost so many cents."""
_MINIMUM = 6_000
_HALF_HOUR = 2_500
_TAIL_LIFT = 3_000
_HEAVIEST = 60_000
_LAID_DOWN = datetime(2020, 1, 6, 9, tzinfo=UTC)
_FIRST_MONDAY = date(2018, 1, 1)


def charges(weight_kg: int, waiting: int, at: datetime) -> dict[str, int]:
    """What a load of so many whole 100 kg costs: the least that any declared weight of at least its own would."""
    found = {"freight": max(_MINIMUM, min(_declared(kg) for kg in range(weight_kg, _HEAVIEST, 100)))}
    found["fuel"] = fuel(found["freight"], fuel_milli(at))
    if waiting > 1:
        found["waiting"] = (waiting - 1) * _HALF_HOUR
    return found


def _declared(weight_kg: int) -> int:
    """The price of a weight by the last break that it reaches."""
    return weight_kg // 100 * max(((kg, minor) for kg, minor in BREAKS if kg <= weight_kg))[1]


def fuel(freight: int, milli: int) -> int:
    """The surcharge on a freight, in cents."""
    return int((Decimal(freight) * milli / 100_000).quantize(Decimal(1), ROUND_HALF_UP))


def fuel_milli(at: datetime) -> int:
    """The percentage of that week, in thousandths."""
    return 8_000 + 375 * ((at.astimezone(UTC).date() - _FIRST_MONDAY).days // 7 % 16)


def lines(consignment: str, owed: dict[str, int], weight_kg: int, milli: int) -> list[dict[str, Any]]:
    """A bill's lines for one consignment, as they should be."""
    beside: dict[str, dict[str, Any]] = {"freight": {"weight_g": weight_kg * 1_000}, "fuel": {"percent_milli": milli}}
    return [
        {"line": str(number), "consignment": consignment, "charge": charge, "amount_minor": minor, **beside.get(charge, {})}
        for number, (charge, minor) in enumerate(owed.items(), 1)
    ]


def spoilt(rng: Random, error: str, told: list[dict[str, Any]], owed: dict[str, int], weight_kg: int) -> tuple[dict[str, Any], int]:
    """Plant an error of that kind among a consignment's lines; returns the line that it is on, and how much it asks too much."""
    freight, surcharge = told[0], told[1]
    match error:
        case "rate":
            freight["amount_minor"] += 500 + rng.randrange(3_000)
        case "weight":
            heavier = weight_kg + 1_500
            freight["weight_g"] = heavier * 1_000
            freight["amount_minor"] = owed["freight"] + 15 * 1_400
        case "fuel":
            surcharge["percent_milli"] += 2_500
            surcharge["amount_minor"] = fuel(owed["freight"], surcharge["percent_milli"])
            return surcharge, surcharge["amount_minor"] - owed["fuel"]
        case "arithmetic":
            freight |= {"quantity": 1, "unit_minor": owed["freight"], "amount_minor": owed["freight"] + 900}
        case _:
            told.append({"line": "0", "consignment": freight["consignment"], "charge": "tail_lift", "amount_minor": _TAIL_LIFT})
            return told[-1], _TAIL_LIFT
    return freight, freight["amount_minor"] - owed["freight"]


def base_data(carriers: Sequence[str], since: datetime, until: datetime) -> Iterator[Meant]:
    """The carriers, their tariff and a fuel table with every week of the period."""
    breaks = [{"from_kg": kg, "per_100kg_minor": minor} for kg, minor in BREAKS]
    lane = {"id": "germany", "origin": "DE", "destination": "DE", "minimum_minor": _MINIMUM, "breaks": breaks}
    services = [{"id": "waiting", "per_unit_minor": _HALF_HOUR, "free_units": 1}, {"id": "tail_lift", "per_unit_minor": _TAIL_LIFT}]
    yield _laid_down("tariff", "road", name="Road", currency="EUR", lanes=[lane], accessorials=services)
    for carrier in carriers:
        name = carrier.replace("-", " ").title()
        yield _laid_down("carrier", carrier, name=name, currency="EUR", tariff="road", fuel_table="diesel", tolerance_minor=50)
    monday = since.date() - timedelta(days=since.weekday())
    while monday <= until.date():
        at = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
        yield _laid_down("fuel_table", "diesel", monday, percent_milli=fuel_milli(at))
        monday += timedelta(days=7)


def _laid_down(kind: str, ref: str, effective_from: date = date(1900, 1, 1), **fields: object) -> Meant:
    edition = f"{kind}/{ref}@{effective_from.isoformat()}"
    body = {"id": ref, "effective_from": effective_from.isoformat(), **fields}
    return Meant("oem", f"{kind}.recorded", edition, _LAID_DOWN, None, None, "/oem/base", edition, body)
