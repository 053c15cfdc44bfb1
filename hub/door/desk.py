"""What every answer of the door is made with: the lines to broker and database, the secrets, the judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from contracts import envelope as cloudevents
from contracts.topics import REPORTS
from hub.door.judging import Judge
from hub.door.limits import Limits
from hub.door.reports import Heard
from hub.producers.lines import Lines, Saying
from hub.rules.masking import mask_reference
from hub.state import door
from hub.state.document_store import DocumentStore
from hub.stream import slips
from hub.telemetry import Metrics, log

SOURCE = "/hub/door"


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of the door; an empty one opens nothing. Links that an older secret signed still work."""

    links: tuple[bytes, ...]
    sms: str
    bounces: str


@dataclass(frozen=True, slots=True)
class Desk:
    """`public_url` is how the outside reaches the door, `mail_domain` that of our messages' names; `dealers` bounds what each may send,
    `links` how often each link is followed.

    `kept` are the files of sales documents.
    """

    lines: Lines
    judge: Judge
    keys: Keys
    public_url: str
    mail_domain: str
    dealers: Limits
    links: Limits
    kept: DocumentStore
    metrics: Metrics

    def unknown(self, delivery: str) -> None:
        """Note that somebody genuine spoke of a delivery that the hub does not know."""
        log.warning("door.unknown_delivery", delivery=mask_reference(delivery[:100]))
        self.metrics.door_unknown.inc()

    async def report(self, heard: Sequence[Heard]) -> None:
        """Put reports on hub.reports; heard again they are the same events. Raises Unavailable: then nothing counts as heard."""
        sayings = []
        for one in heard:
            name = slips.name("door", *one.name)
            sayings.append(saying(one, name, await self.lines.ask(lambda connection, name=name: door.heard_at(connection, name))))  # type: ignore[misc] # mypy knows no defaults of lambdas
        await self.lines.say(sayings)


def saying(heard: Heard, name: UUID, at: datetime) -> Saying:
    """A report as a record."""
    body = heard.lineage.body(occurred_at=at, **heard.fields)
    ref = heard.lineage.ref(body)
    envelope = cloudevents.Envelope(str(name), SOURCE, heard.lineage.wire, datetime.now(UTC), ref)
    return Saying(REPORTS.name, ref.encode(), body.model_dump_json(exclude_none=True).encode(), cloudevents.write(envelope))
