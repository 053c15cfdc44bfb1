"""Where the money of a charge stands by rights: what the ledger's entries must add up to, and who bears the cost.

`cost` what the carriage costs us · `accrued` what is expected and not billed yet · `payable` what the carrier gets ·
`disputed` billed and not accepted · `unclear` billed for a shipment that nobody advised yet. Debits are positive, credits
negative; in each currency they add up to nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from hub.rules.books import Balance
from hub.rules.freight.audit import UNCLEAR, Reviewed
from hub.rules.freight.charge import Charge, credited, given_back, goods, line_of, standing
from hub.rules.rounding import shared

ACCOUNTS = ("cost", "accrued", "payable", "disputed", "unclear")


def balances(charge: Charge, reviewed: Iterable[Reviewed]) -> list[dict[str, Any]]:
    """The balance of each account and currency that is not zero, in a fixed order."""
    owed, disputed, unclear = (defaultdict[str, int](int) for _ in range(3))
    for (_, _, currency), minor in credited(charge).items():
        owed[currency] -= minor
    for one in reviewed:
        owed[one.item["currency"]] += one.item["amount_minor"]
        held = unclear if one.reason == UNCLEAR else disputed
        held[one.item["currency"]] += one.held_minor
    late = {charge.currency: sum(charge.expected[code] for code in unbilled(charge))}
    found = []
    for currency in sorted({*owed, *late}):
        debt, due = owed[currency], late.get(currency, 0)
        amounts = (debt - disputed[currency] - unclear[currency] + due, -due, -debt, disputed[currency], unclear[currency])
        found += [
            {"account": account, "currency": currency, "minor": minor} for account, minor in zip(ACCOUNTS, amounts, strict=True) if minor
        ]
    return found


def books(charge: Charge) -> list[Balance]:
    """What the ledger should hold for a charge."""
    return [Balance(**balance) for balance in charge.balances]


def unbilled(charge: Charge) -> set[str]:
    """The expected charges for which no bill stands, in the currency agreed; what was given back in full is expected again."""
    returned = given_back(charge)
    ours = [item for item, counts in standing(charge) if counts and item["currency"] == charge.currency]
    billed = {item["charge"] for item in ours if line_of(item) not in returned}
    return set(charge.expected) - billed if charge.is_advised else set()


def balance(charge: Charge, account: str, currency: str) -> int:
    """What stands on an account."""
    return sum(one["minor"] for one in charge.balances if one["account"] == account and one["currency"] == currency)


def allocations(charge: Charge) -> list[dict[str, Any]]:
    """The cost, shared out to the lines of the orders on board, to the last minor unit; to nobody while nothing is known to be."""
    lines = goods(charge)
    weights = _weights(lines, charge.terms["allocate_by"])
    shares: list[dict[str, Any]] = []
    for one in charge.balances:
        if one["account"] != "cost":
            continue
        if not lines:
            shares.append({"order": None, "line": None, "vin": None, "currency": one["currency"], "minor": one["minor"]})
        for line, minor in zip(lines, shared(one["minor"], weights), strict=True):
            shares.append({**{field: line[field] for field in ("order", "line", "vin")}, "currency": one["currency"], "minor": minor})
    return shares


def _weights(lines: list[dict[str, Any]], basis: str) -> list[int]:
    """How much each line bears; where the basis is not known of every line, or in several currencies, the count of pieces decides."""
    field = {"weight": "weight_g", "volume": "volume_dm3", "value": "value_minor", "count": "quantity"}[basis]
    measured = [line[field] for line in lines]
    if None in measured or (basis == "value" and len({line["value_currency"] for line in lines}) > 1):
        measured = [line["quantity"] for line in lines]
    return measured
