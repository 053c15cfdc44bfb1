"""Take events from dealers without a Kafka client: judged at once, written to the dealer's own topic, answered with a verdict."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts import envelope as cloudevents
from contracts.contract import Finding, Invalid
from contracts.json_text import refuse_ambiguous
from hub.door import asking
from hub.door.desk import Desk
from hub.door.errors import Denied, told
from hub.door.judging import Headers, Verdict, of_http
from hub.errors import HubError, Unavailable
from hub.producers.lines import Saying
from hub.rules.decision import dealer_of
from hub.state import door

BATCH = "application/cloudevents-batch+json"
_MOST_EVENTS = 500
_LARGE = 100_000  # bytes: what has more of them counts as so many requests
_ONE: list[tuple[str, bytes | None]] = [("content-type", cloudevents.STRUCTURED.encode())]


async def take(desk: Desk, request: Request, raw: bytes) -> Response:
    """All events of the request, or none of them: 202 with a verdict each, 422 with the faults' paths. `?dry-run` judges only."""
    dealer = await admitted(desk, request, raw)
    is_batch = asking.media_type(request) == BATCH
    now = datetime.now(UTC)

    def judged() -> list[Verdict]:
        events = _batch(raw) if is_batch else [of_http(request.headers.items(), raw)]
        return [desk.judge.judge(dealer, headers, value, now) for headers, value in events]

    # a large one takes a second: others are answered meanwhile
    verdicts = await asyncio.to_thread(judged) if len(raw) > _LARGE else judged()
    if is_batch:
        verdicts = [verdict._replace(faults=_placed(verdict.faults, place)) for place, verdict in enumerate(verdicts)]
    return await answered(desk, request, verdicts)


async def answered(
    desk: Desk,
    request: Request,
    verdicts: Sequence[Verdict],
    told: Mapping[str, object] = MappingProxyType({}),
    named: Callable[[Verdict], Mapping[str, object]] = lambda _: {},
) -> Response:
    """Write all records, or none of them, and show the verdicts, each with what `named` adds, besides what else is told."""
    for verdict in verdicts:
        desk.metrics.door_events.labels("refused" if verdict.reason else "taken").inc()
    if any(verdict.reason for verdict in verdicts):
        raise _refused(verdicts)
    if is_dry_run(request):
        return JSONResponse({"verdicts": [{**named(verdict), **_shown(verdict, None)} for verdict in verdicts], **told})
    try:
        places = await desk.lines.say([_saying(verdict) for verdict in verdicts])
    except Unavailable:
        raise
    except HubError as error:
        raise Denied(413, "too_large", Finding("(body)", str(error))) from None
    shown = [{**named(verdict), **_shown(verdict, place)} for verdict, place in zip(verdicts, places, strict=True)]
    return JSONResponse({"verdicts": shown, **told}, 202)


async def admitted(desk: Desk, request: Request, raw: bytes) -> str:
    """The dealer whose token the request brings; Denied where it opens nothing, or the dealer asks too often."""
    token = asking.bearer(request)
    speaker = await desk.lines.ask(lambda connection: door.speaker(connection, token))
    if speaker is None:
        raise Denied(401, "token_unknown", Finding("authorization", "a token that opens the door (hub door issue)"))
    if speaker.is_suspended:
        raise Denied(403, "suspended", Finding("authorization", "a dealer that is not suspended"))
    dealer = dealer_of(speaker.principal)
    asking.bound(desk.dealers, dealer, len(raw) / _LARGE)
    return dealer


def is_dry_run(request: Request) -> bool:
    """Whether the request is to be judged only."""
    return "dry-run" in request.query_params


def _batch(raw: bytes) -> list[tuple[Headers, bytes]]:
    """The events of a batch (CloudEvents JSON format 1.0.2, 4), each as one in structured mode."""
    try:
        events = from_json(raw, allow_inf_nan=False)
        refuse_ambiguous(raw, "envelope")
    except Invalid as wrong:
        raise Denied(422, wrong.reason, *wrong.findings) from None
    except ValueError:
        events = None
    if not isinstance(events, list) or not 1 <= len(events) <= _MOST_EVENTS:
        raise Denied(422, "envelope", Finding("(body)", f"a JSON array of 1 to {_MOST_EVENTS} CloudEvents"))
    return [(_ONE, to_json(event)) for event in events]


def _placed(faults: Sequence[Finding], place: int) -> tuple[Finding, ...]:
    return tuple(Finding(f"[{place}].{path}", expected) for path, expected in faults)


def _refused(verdicts: Sequence[Verdict]) -> Denied:
    """All faults."""
    faults = [fault for verdict in verdicts for fault in verdict.faults]
    reasons = {verdict.reason for verdict in verdicts if verdict.reason}
    reason = next(iter(reasons)) if len(reasons) == 1 else "several"
    return Denied(413 if reason == "too_large" else 422, str(reason), *faults[:100])


def _saying(verdict: Verdict) -> Saying:
    record = verdict.record
    headers = [(name, value) for name, value in record.headers if value is not None]
    return Saying(record.topic, record.key or b"", record.value or b"", headers)


def _shown(verdict: Verdict, place: str | None) -> dict[str, object]:
    waits = {"waits_for": "a newer version of the hub"} if verdict.is_newer else {}
    return {"id": verdict.event, "taken_by": list(verdict.consumers), "record": place, "faults": told(verdict.faults), **waits}
