"""Who bears the cost of a carriage: orders and vehicles by the agreed measure, to the last cent."""

from datetime import date
from typing import Any

import pytest

from tests.support.carriage import base, carrier, tariff
from tests.support.charging import Paper


def on_board(order: str, number: str, quantity: int, kg: int, value: int, vin: str | None = None) -> dict[str, Any]:
    worth = {"minor": value, "currency": "EUR"}
    return {"order": order, "line": number, "quantity": quantity, "vin": vin, "weight_kg": kg, "volume_dm3": 100, "value": worth}


LINES = (
    on_board("ber-01/O-1#1", "10", 1, 500, 100, "WVWZZZ1JZXW000001"),
    on_board("ber-01/O-1#1", "20", 2, 200, 300),
    on_board("4500200", "10", 1, 100, 600),
)


@pytest.mark.parametrize(
    ("basis", "shares"),
    [
        ("weight", [10_711, 4_285, 2_142]),
        ("volume", [5_713, 5_713, 5_712]),
        ("value", [1_714, 5_141, 10_283]),
        ("count", [4_285, 8_569, 4_284]),
    ],
)
def test_the_cost_is_shared_out_to_orders_and_vehicles_by_the_agreed_measure(basis: str, shares: list[int]) -> None:
    paper = Paper()
    paper.despatched(0, *LINES)
    terms = carrier(allocate_by=basis, effective_from=date(2026, 1, 1))
    charge = paper.charge(base(terms, tariff(effective_from=date(2026, 1, 1), kg_per_m3=None)))
    assert [(one["order"], one["line"], one["vin"]) for one in charge.allocations] == [
        (one["order"], one["line"], one.get("vin")) for one in LINES
    ]
    assert [one["minor"] for one in charge.allocations] == shares
    assert sum(shares) == charge.cost_minor == 17_138


def test_where_a_measure_is_missing_the_pieces_count() -> None:
    paper = Paper()
    paper.despatched(0, *({name: value for name, value in one.items() if (name, one["line"]) != ("weight_kg", "20")} for one in LINES))
    charge = paper.charge()
    assert max(one["minor"] for one in charge.allocations) * 2 in range(charge.cost_minor - 4, charge.cost_minor + 5)


def test_a_cost_that_nothing_is_known_to_bear_is_shared_to_nobody_but_told() -> None:
    paper = Paper()
    paper.billed(freight=-500)
    assert paper.charge().allocations == [{"order": None, "line": None, "vin": None, "currency": "EUR", "minor": -500}]
