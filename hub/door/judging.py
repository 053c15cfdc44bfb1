"""Judge an event that came over HTTP as the consumers would judge the same record on Kafka."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from contracts import envelope as cloudevents
from contracts.catalogue import NewerVersion, lookup
from contracts.contract import Finding, Invalid
from contracts.topics import DEALER_EVENTS
from hub.stream.consumer import Consumer
from hub.stream.record import Bad, Good, Newer, Reader
from hub.stream.slips import Stored

Headers = Sequence[tuple[str, bytes | None]]

_KEY = "partitionkey"  # CloudEvents' extension for what Kafka calls the key


class Verdict(NamedTuple):
    """What would become of an event: `consumers` that take it, or why it is none; `record` is what would stand on Kafka."""

    record: Stored
    event: str | None
    consumers: tuple[str, ...]
    reason: str | None = None
    faults: tuple[Finding, ...] = ()
    is_newer: bool = False


class Judge:
    """Asks every consumer that reads dealers' topics; what one of them cannot read is refused."""

    def __init__(self, consumers: Iterable[Consumer], max_record_bytes: int) -> None:
        self._readers = {each.name: Reader(each, max_record_bytes) for each in consumers if DEALER_EVENTS in each.topics}

    def judge(self, dealer: str, headers: Headers, value: bytes, at: datetime) -> Verdict:
        """The verdict on one event of that dealer, received at that moment; never raises for what was sent."""
        topic, key, event = DEALER_EVENTS.of(dealer), None, None
        try:
            envelope, data = cloudevents.read(headers, value)
            event = envelope.id
            key = envelope.extensions.get(_KEY) or _key(envelope, data)
        except Invalid as wrong:
            return Verdict(_stored(topic, None, headers, value, at), event, (), wrong.reason, wrong.findings)
        record = _stored(topic, key, headers, value, at)
        taking, newer = list[str](), False
        for name, reader in self._readers.items():
            match reader.judge(record):
                case Bad() as bad:
                    return Verdict(record, event, (), bad.reason, bad.faults)
                case Good():
                    taking.append(name)
                case Newer():
                    newer = True
                case _:
                    pass  # it means nothing to this consumer
        return Verdict(record, event, tuple(taking), is_newer=newer)


def of_http(headers: Iterable[tuple[str, str]], value: bytes) -> tuple[Headers, bytes]:
    """The Kafka record's headers for a request in binary or structured mode (CloudEvents HTTP binding 1.0.2, 3.1 and 3.2)."""
    found: list[tuple[str, bytes | None]] = []
    for name, text in headers:
        if name[:3] == "ce-":
            found.append((f"ce_{name[3:]}", unquote(text).encode("utf-8", "replace")))
        elif name == "content-type":
            found.append((name, text.encode("utf-8", "replace")))
    return found, value


def _key(envelope: cloudevents.Envelope, data: bytes) -> str:
    """The subject's reference, which the record's key has to be; of a version from the future the sender has to say it."""
    try:
        lineage, version = lookup(envelope.type)
    except NewerVersion:
        if envelope.subject is None:
            raise Invalid("envelope", Finding("subject", "the subject's reference, as this hub does not know the version")) from None
        return envelope.subject
    return str(lineage.ref(lineage.decode(version, data)))


def _stored(topic: str, key: str | None, headers: Headers, value: Any, at: datetime) -> Stored:  # noqa: ANN401 - as it came
    return Stored(topic, 0, 0, int(at.timestamp() * 1000), None if key is None else key.encode(), value, tuple(headers))
