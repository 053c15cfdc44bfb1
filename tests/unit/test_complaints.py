"""A complaint is open until it is closed, whatever is heard when; as long as it is, nothing is offered."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from contracts.complaints import COMPLAINT_CLOSED, COMPLAINT_RECEIVED, COMPLAINT_REOPENED
from contracts.contract import Lineage
from hub.rules import complaints
from hub.rules.basedata import BaseData
from hub.rules.complaints import Complaint
from hub.rules.decision import Rules, Subject
from hub.rules.folding import Told, fold_all
from hub.rules.permission import OPEN_COMPLAINT, Standing, refusal

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DEALERS, OEMS = Subject("dealer:ber-01", "B1"), Subject("oem", "B1")
RULES: Rules = {
    COMPLAINT_RECEIVED: complaints.received,
    COMPLAINT_CLOSED: complaints.closed,
    COMPLAINT_REOPENED: complaints.reopened,
}
RECEIVED, CLOSED = (COMPLAINT_RECEIVED, {"customer": "C1"}), (COMPLAINT_CLOSED, {"outcome": "repaired"})
REOPENED: tuple[Lineage[Any], dict[str, Any]] = (COMPLAINT_REOPENED, {"note": "again"})


def told(*said: tuple[Lineage[Any], dict[str, Any]]) -> list[Told]:
    """One after another, an hour apart."""
    return [
        Told(
            UUID(int=hour),
            0,
            lineage,
            lineage.body.model_validate({"occurred_at": NOON + timedelta(hours=hour), "complaint": "B1", **fields}),
            "/dms",
            f"e{hour}",
        )
        for hour, (lineage, fields) in enumerate(said)
    ]


def of(events: list[Told], subject: Subject = DEALERS) -> Complaint:
    state = fold_all(subject, RULES, BaseData(), events).state
    assert isinstance(state, Complaint)
    return state


@pytest.mark.parametrize(
    ("said", "status", "reopenings"),
    [
        ((RECEIVED,), "open", 0),
        ((RECEIVED, CLOSED), "closed", 0),
        ((RECEIVED, CLOSED, REOPENED), "open", 1),
        ((RECEIVED, CLOSED, REOPENED, CLOSED), "closed", 1),
        ((RECEIVED, CLOSED, RECEIVED), "closed", 0),
        ((RECEIVED, REOPENED), "open", 0),
    ],
)
def test_the_last_word_counts_in_whatever_order_it_is_heard(said: tuple[Any, ...], status: str, reopenings: int) -> None:
    states = {of(list(heard))[:1] + of(list(heard))[6:] for heard in permutations(told(*said))}
    [(found, received_at, _, _, counted)] = states
    assert (found, received_at, counted) == (status, NOON, reopenings)


def test_a_dealer_speaks_of_its_own_customers_and_the_oem_of_any_dealer_s() -> None:
    named = told((COMPLAINT_RECEIVED, {"customer": "C1", "dealer": "muc-02"}))
    assert of(named).whose == "dealer:ber-01"
    assert of(named, OEMS).whose == "dealer:muc-02"
    assert of(told(RECEIVED), OEMS).whose == "oem"


def test_a_customer_with_an_open_complaint_is_offered_nothing_and_is_still_told_what_must_be() -> None:
    agreed = Standing(is_known=True, given_at=NOON, reasons=(OPEN_COMPLAINT,))
    assert refusal(agreed, "marketing") == "open_complaint"
    assert refusal(agreed._replace(reasons=()), "marketing") is None
    assert refusal(agreed._replace(is_marketing=False), "transactional") is None
