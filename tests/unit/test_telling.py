"""What the courier tells is what the contract says, although no model makes it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic_core import to_json

from contracts.deliveries import DeliveryUpdated
from hub.channels.telling import said_of
from hub.state.outcomes import Retold

AT = datetime(2026, 3, 3, 12, 0, 1, 5, UTC)
WHOSE = ("dealer:ber-001", "customer", "C-1", "news", "ber-001", "spring")
SENT = Retold(uuid4(), "sent", None, *WHOSE, "email", "spring", ["price@3"], 1, "smtp", "queued as 1", None, None, None, 3, AT)
TEXT = SENT._replace(channel="sms", documents=[], campaign=None, segments=2, cost_minor=15, currency="EUR", reason="ö", principal="oem")
NEVER = SENT._replace(state="excluded", reason="no_consent", channel=None, provider=None, provider_ref=None, attempts=0, cost_minor=1)


@pytest.mark.parametrize("retold", [SENT, TEXT, NEVER], ids=["mail", "text", "never"])
def test_what_is_told_is_read_as_its_contract_writes_it(retold: Retold) -> None:
    said = said_of(retold)
    read = DeliveryUpdated.model_validate_json(said.body)
    assert to_json(read, exclude_none=True) == said.body
    assert (read.delivery, read.state, read.reason, read.revision) == (str(retold.id), retold.state, retold.reason, retold.revision)
    assert (read.documents, read.attempts, read.segments) == (tuple(retold.documents), retold.attempts, retold.segments)
    assert (read.cost.minor, read.cost.currency) == (15, "EUR") if read.cost else retold.currency is None
