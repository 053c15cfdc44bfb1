"""Compare what was billed with what should have been, line by line: one reason a line, the first that holds."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hub.rules.freight.charge import CONCEDED, BilledItem, Charge, credited, line_of, standing
from hub.rules.rounding import rounded

UNCLEAR = "unclear"


class Reviewed(NamedTuple):
    """One billed line as the audit sees it: what of it is wrong and why, and what of that came back or is paid after all.

    Without a reason it passes; `unclear` lines wait for their despatch advice.
    """

    item: BilledItem
    reason: str | None
    expected_minor: int | None
    wrong_minor: int
    returned_minor: int
    conceded_minor: int

    @property
    def held_minor(self) -> int:
        """What is held back of it."""
        return self.wrong_minor - self.returned_minor - self.conceded_minor

    @property
    def is_finding(self) -> bool:
        """Whether the carrier is to answer for it."""
        return self.reason not in (None, UNCLEAR)


def review(charge: Charge) -> list[Reviewed]:
    """Each billed line, in the order of the bills; what was credited of a line goes to what is held of it first."""
    pool, causes, seen, judged = credited(charge), _of_freight(charge), list[Reviewed](), list(standing(charge))
    last = {(item["charge"], item["currency"]): item for item, counts in judged if counts}
    for item, counts in judged:
        reason, expected = _verdict(charge, item, causes) if counts else ("duplicate_invoice", 0)
        billed, key = max(item["amount_minor"], 0), line_of(item)
        if not billed:
            reason = None
        wrong = billed - (expected or 0) if reason else 0
        back = min(wrong, pool.get(key, 0))
        is_displaced = counts and item["currency"] == charge.currency and last[item["charge"], item["currency"]] is not item
        pool[key] = pool.get(key, 0) - (billed if is_displaced else back)  # all of a displaced one came back, also what was right of it
        left = wrong - back if reason != UNCLEAR and charge.answers.get(item["invoice"]) == CONCEDED else 0
        seen.append(Reviewed(item, reason, expected, wrong, back, left))
    return seen


def _of_freight(charge: Charge) -> dict[str, str]:
    """Why each invoice's freight is held back, wherever on the bill it stands: too much fuel may follow from it."""
    lines = (item for item, counts in standing(charge) if counts and item["charge"] == "freight" and item["amount_minor"] > 0)
    return {item["invoice"]: reason for item in lines if (reason := _verdict(charge, item, {})[0]) is not None}


def findings(reviewed: Iterable[Reviewed]) -> list[dict[str, Any]]:
    """Every billed line that is not paid as billed: the reason, what was expected, what is disputed and what came back of it."""
    return [
        {
            **{field: one.item[field] for field in ("invoice", "line", "charge", "currency")},
            "reason": one.reason,
            "billed_minor": one.item["amount_minor"],
            "expected_minor": one.expected_minor,
            "disputed_minor": one.wrong_minor,
            "credited_minor": one.returned_minor,
        }
        for one in reviewed
        if one.is_finding
    ]


def _verdict(charge: Charge, item: BilledItem, causes: dict[str, str]) -> tuple[str | None, int | None]:
    """Why a line is held back, and what of it is paid."""
    whole = _disputed_whole(charge, item)
    if whole is not None:
        return whole
    expected = charge.expected[item["charge"]]
    if item["amount_minor"] - expected <= tolerance(charge.terms, expected):
        return None, expected
    return _cause(charge, item, causes), expected


def _disputed_whole(charge: Charge, item: BilledItem) -> tuple[str, int | None] | None:
    """Why nothing of a line is paid: no price can be told for it, or the price is nothing."""
    if item["currency"] != charge.currency:
        return "currency", None
    if not charge.is_advised:
        return "unknown_shipment" if charge.is_overdue else UNCLEAR, None
    if charge.is_cancelled:
        return "cancelled_shipment", 0
    if not charge.expected:
        return "no_rate", None
    if item["charge"] not in charge.expected:
        return "fuel" if item["charge"] == "fuel" else "accessorial_not_earned", 0
    return None


def tolerance(terms: dict[str, Any], expected: int) -> int:
    """How much more than expected passes: the fixed amount or the share, whichever is more."""
    fixed: int = terms["tolerance_minor"]
    return max(fixed, rounded(expected * terms["tolerance_permille"], 1000))


def _cause(charge: Charge, item: BilledItem, causes: dict[str, str]) -> str:
    if item["unit_minor"] is not None and item["unit_minor"] * item["quantity"] != item["amount_minor"]:
        return "arithmetic"
    match item["charge"]:
        case "freight":
            allowed = charge.weight_g + rounded(charge.weight_g * charge.terms["weight_tolerance_permille"], 1000)
            return "weight" if (item["weight_g"] or 0) > allowed else "rate"
        case "fuel":
            if item["percent_milli"] == charge.fuel_milli:  # the percentage is right: too much of it follows from the freight
                return causes.get(item["invoice"], "fuel")
            return "fuel"
        case _:
            return "rate"


def disputes(charge: Charge, at: datetime) -> list[dict[str, Any]]:
    """What is disputed of each invoice: open until answered, granted until credited; a refusal stays until a person concedes.

    A dispute keeps the moment at which it was first raised.
    """
    raised = {(old["invoice"], old["currency"]): old["raised_at"] for old in charge.disputes}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for finding in charge.findings:
        key = finding["invoice"], finding["currency"]
        since = raised.get(key, at.isoformat())
        answer_by = datetime.fromisoformat(since).date() + timedelta(days=charge.terms["answer_within_days"])
        blank = {"disputed_minor": 0, "credited_minor": 0, "raised_at": since, "answer_by": answer_by.isoformat()}
        dispute = found.setdefault(key, {"invoice": key[0], "currency": key[1], **blank})
        dispute["disputed_minor"] += finding["disputed_minor"]
        dispute["credited_minor"] += finding["credited_minor"]
    for dispute in found.values():
        dispute["state"] = _state(dispute, charge.answers.get(dispute["invoice"]))
    return list(found.values())


def _state(dispute: dict[str, Any], answer: str | None) -> str:
    if dispute["credited_minor"] == dispute["disputed_minor"]:
        return "credited"
    return answer or "open"
