"""Who speaks is known by the topic, never by what the record says of itself."""

import pytest

from hub.consumers.crm_sync import crm_sync
from hub.stream import record
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


def test_a_sender_of_many_names_does_not_fill_the_memory_nor_keep_others_from_being_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "_MOST_HEARD", 5)
    reader, words = Reader(crm_sync, 10_000), Words(Log(), "ber-001")
    for number in range(12):
        assert isinstance(reader.judge(words.recorded("C1", "Ada", source=f"/made/up/{number}")), Good | Bad)
        assert len(reader._heard) <= 5
    reader.judge(words.recorded("C1", "Ada", source="/dealers/ber-001"))
    assert "/dealers/ber-001" in {source for _, source, _ in reader._heard}
