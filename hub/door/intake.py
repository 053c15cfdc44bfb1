"""Take events from dealers without a Kafka client: judged at once, written to the dealer's own topic, answered with a verdict."""

from datetime import UTC, datetime

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
_ONE: list[tuple[str, bytes | None]] = [("content-type", cloudevents.STRUCTURED.encode())]


async def take(desk: Desk, request: Request, raw: bytes) -> Response:
    """All events of the request, or none of them: 202 with a verdict each, 422 with the faults' paths. `?dry-run` judges only."""
    dealer = await _dealer(desk, request)
    asking.bound(desk.dealers, dealer)
    is_batch = asking.media_type(request) == BATCH
    events = _batch(raw) if is_batch else [of_http(request.headers.items(), raw)]
    now = datetime.now(UTC)
    verdicts = [desk.judge.judge(dealer, headers, value, now) for headers, value in events]
    for verdict in verdicts:
        desk.metrics.door_events.labels("refused" if verdict.reason else "taken").inc()
    if any(verdict.reason for verdict in verdicts):
        raise _refused(verdicts, is_batch=is_batch)
    if "dry-run" in request.query_params:
        return JSONResponse({"verdicts": [_shown(verdict, None) for verdict in verdicts]})
    try:
        places = await desk.lines.say([_saying(verdict) for verdict in verdicts])
    except Unavailable:
        raise
    except HubError as error:
        raise Denied(413, "too_large", Finding("(body)", str(error))) from None
    return JSONResponse({"verdicts": [_shown(*pair) for pair in zip(verdicts, places, strict=True)]}, 202)


async def _dealer(desk: Desk, request: Request) -> str:
    token = asking.bearer(request)
    speaker = await desk.lines.ask(lambda connection: door.speaker(connection, token))
    if speaker is None:
        raise Denied(401, "token_unknown", Finding("authorization", "a token that opens the door (hub door issue)"))
    if speaker.is_suspended:
        raise Denied(403, "suspended", Finding("authorization", "a dealer that is not suspended"))
    return dealer_of(speaker.principal)


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


def _refused(verdicts: list[Verdict], *, is_batch: bool) -> Denied:
    """All faults; within a batch each begins with the event's place in it."""
    faults = [
        Finding(f"[{place}].{path}" if is_batch else path, expected)
        for place, verdict in enumerate(verdicts)
        for path, expected in verdict.faults
    ]
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
