"""The envelope passes the official cases of the CloudEvents Kafka binding and agrees with the reference library."""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Envelope, read, write

FEATURE = "cloudevents/cloudevents__kafka-protocol-binding.feature"
DATA = {"message": "Good morning", "list": [1, None, True]}
WORD = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=50)


def test_the_official_cases() -> None:
    folder = os.environ.get("HUB_SAMPLES")
    if not folder:
        pytest.skip("HUB_SAMPLES is not set: the official feature file of the Kafka binding is not read")
    cases = list(_cases(Path(folder, FEATURE).read_text(encoding="utf-8")))
    assert len(cases) == 3
    for payload, headers, attributes, data in cases:
        envelope, body = read([(name, text.encode()) for name, text in headers.items()], payload.encode())
        assert json.loads(body) == json.loads(data)
        assert envelope == Envelope(attributes["id"], attributes["source"], attributes["type"], datetime.fromisoformat(attributes["time"]))
        assert (attributes["specversion"], attributes["datacontenttype"]) == ("1.0", "application/json")


def _cases(feature: str) -> Iterator[tuple[str, dict[str, str], dict[str, str], str]]:
    """Payload, headers, attributes and data of each scenario, an outline once for each of its examples."""
    for scenario in re.split(r"\n\s*Scenario", feature)[1:]:
        steps, _, examples = scenario.partition("Examples:")
        rows = _rows(examples)
        for values in [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] or [{}]:
            text = steps
            for name, value in values.items():
                text = text.replace(f"<{name}>", value)
            payload, data = re.findall(r'"""\n(.*?)"""', text, re.DOTALL)
            headers, attributes = (
                dict(_rows(part)[1:]) for part in re.split(r"(?:headers|attributes are):", re.sub(r'(?s)""".*?"""', "", text))[1:]
            )
            yield payload, headers, attributes, data


def _rows(table: str) -> list[Any]:
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines() if line.strip().startswith("|")]


@given(WORD, WORD, WORD, WORD)
def test_the_reference_library_reads_what_we_write(event_id: str, source: str, wire: str, subject: str) -> None:
    time = datetime(2026, 5, 4, 7, 30, tzinfo=UTC)
    envelope = Envelope(event_id, source, wire, time, subject, {"hubhistorical": "true"})
    event = from_kafka_event(KafkaMessage(headers=dict(write(envelope)), key=None, value=json.dumps(DATA).encode()))
    assert (event.get_id(), event.get_source(), event.get_type(), event.get_subject()) == (event_id, source, wire, subject)
    assert event.get_time() == time
    assert event.get_extension("hubhistorical") == "true"
    assert event.get_data() == DATA


@pytest.mark.parametrize("send", [to_binary_event, to_structured_event])
@given(WORD, WORD, WORD, WORD)
def test_we_read_what_the_reference_library_writes(send: Any, event_id: str, source: str, wire: str, subject: str) -> None:
    time = datetime(2026, 5, 4, 7, 30, 0, 123456, tzinfo=UTC)
    attributes = {"id": event_id, "source": source, "type": wire, "specversion": "1.0", "time": time, "subject": subject, "ext1": "x"}
    message = send(CloudEvent(attributes | {"datacontenttype": "application/json"}, DATA))
    envelope, body = read(list(message.headers.items()), message.value)
    assert envelope == Envelope(event_id, source, wire, time, subject, {"ext1": "x"})
    assert json.loads(body) == DATA
