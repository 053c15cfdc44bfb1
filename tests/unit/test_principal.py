"""Who speaks is known by the topic, never by what the record says of itself."""

import pytest

from hub.consumers.crm_sync import crm_sync
from hub.stream.record import Bad, Good, Reader
from tests.support.crm import Words
from tests.support.engine import Log


@pytest.mark.parametrize(
    "claimed", ["/dealers/muc-002", "/dealers/muc-002/workshop", "/dealers", "/oem/web", "/erp", "/hub/clock", "/carriers/dhl"]
)
def test_who_speaks_for_another_is_refused(claimed: str) -> None:
    judged = Reader(crm_sync, 10_000).judge(Words(Log(), "ber-001").recorded("C1", "Ada", source=claimed))
    assert isinstance(judged, Bad)
    assert (judged.reason, judged.principal, judged.faults[0].path) == ("principal_mismatch", "dealer:ber-001", "source")


@pytest.mark.parametrize("claimed", ["/dealers/ber-001", "/dealers/ber-001/workshop", "urn:our-own-software"])
def test_who_speaks_for_itself_is_heard(claimed: str) -> None:
    judged = Reader(crm_sync, 10_000).judge(Words(Log(), "ber-001").recorded("C1", "Ada", source=claimed))
    assert isinstance(judged, Good)
    assert judged.principal == "dealer:ber-001"
