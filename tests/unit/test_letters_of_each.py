"""What nobody can tell whom it is for is a letter of each consumer that reads its topic; what is known is one of those who fold it."""

import pytest

from contracts import envelope as cloudevents
from contracts import topics
from contracts.customers import CUSTOMER_RECORDED
from hub.consumers import CONSUMERS
from hub.stream.record import Bad, Ignored, Reader
from tests.support.engine import Log

TOPIC = topics.DEALER_EVENTS.of("ber-001")
READERS = {name for name, consumer in CONSUMERS.items() if consumer.topic(TOPIC)}


def letters(wire: str, source: str = "/dealers/ber-001", body: bytes = b"{}") -> dict[str, str]:
    """The reason of each consumer that reads dealers' topics; "" where a record means nothing to it."""
    record = Log().write(TOPIC, body, key="C1", headers=cloudevents.write(cloudevents.Envelope("e1", source, wire)))
    judged = {name: Reader(CONSUMERS[name], 10_000).judge(record) for name in READERS}
    assert all(isinstance(one, Bad | Ignored) for one in judged.values())
    return {name: one.reason if isinstance(one, Bad) else "" for name, one in judged.items()}


@pytest.mark.parametrize(
    ("wire", "source", "reason"),
    [
        ("com.example.thing", "/dealers/ber-001", "unknown_type"),
        ("hub.order.accepted.v1", "/dealers/ber-001", "wrong_topic"),
        (CUSTOMER_RECORDED.wire, "/dealers/muc-002", "principal_mismatch"),
    ],
)
def test_what_may_be_meant_for_anybody_is_a_letter_of_each(wire: str, source: str, reason: str) -> None:
    assert {"crm-sync", "campaigns", "reminders"} <= READERS
    assert letters(wire, source) == dict.fromkeys(READERS, reason)


def test_a_wrong_body_of_a_known_type_is_a_letter_of_those_who_fold_it() -> None:
    found = letters(CUSTOMER_RECORDED.wire)
    assert found["crm-sync"] == "schema"
    assert {name for name, reason in found.items() if reason} == {name for name in READERS if CONSUMERS[name].listens_to(CUSTOMER_RECORDED)}
    assert "" in found.values()
