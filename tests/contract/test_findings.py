"""What is told of a faulty body names the field at fault, and nothing that is not."""

import json
from typing import Any

import pytest

from contracts.invalid import Finding, Invalid
from contracts.papers import INVOICE_ISSUED

LINE = {"order": "4500200", "line": "10", "quantity": 1, "net": 100}


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([], [Finding("lines", "at least 1 item")]),
        ([{**LINE, "quantity": -1}], [Finding("lines.0.quantity", "a value greater than or equal to 0")]),
        ([LINE] * 1001, [Finding("lines", "at most 1000 items")]),
    ],
)
def test_a_list_is_too_short_only_where_it_was_sent_so(lines: list[dict[str, Any]], found: list[Finding]) -> None:
    head = {"document": "RE-1", "dealer": "ber-01", "currency": "EUR", "due": "2026-04-30", "occurred_at": "2026-03-04T08:00:00Z"}
    with pytest.raises(Invalid) as caught:
        INVOICE_ISSUED.decode(1, json.dumps({**head, "lines": lines}).encode())
    assert list(caught.value.findings) == found
