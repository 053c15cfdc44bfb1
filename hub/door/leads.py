"""Take leads in the Auto-lead Data Format from dealers: read as they come, mended where they are broken, and told what was mended."""

import asyncio
from datetime import UTC, datetime

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from contracts import envelope as cloudevents
from contracts.contract import Finding, Invalid
from contracts.leads import LEAD_RECEIVED
from hub.door import asking, intake
from hub.door.desk import Desk
from hub.door.errors import Denied
from hub.door.judging import Verdict
from hub.intake import adf
from hub.intake.repair import Repair
from hub.state import door
from hub.stream import slips

_MEDIA = {"application/xml", "text/xml", "application/adf+xml", "application/x-adf+xml"}


async def take(desk: Desk, request: Request, raw: bytes) -> Response:
    """All leads of the document, or none of them: 202 with a verdict each and what was mended, 422 with the faults' paths."""
    dealer = await intake.admitted(desk, request, raw)
    if asking.media_type(request) not in _MEDIA:
        raise Denied(415, "media_type", Finding("content-type", "application/xml or text/xml"))
    try:
        sheet = await asyncio.to_thread(
            adf.leads, raw, asking.charset(request)
        )  # mending a large one takes a second: others are answered meanwhile
    except Invalid as wrong:
        desk.metrics.door_events.labels("refused").inc()
        raise Denied(422, wrong.reason, *wrong.findings) from None
    verdicts = [await _judged(desk, dealer, lead, is_dry_run=intake.is_dry_run(request)) for lead in sheet.leads]
    told = {"repairs": [_told(repair) for repair in sheet.repairs], "passed_over": sheet.passed_over}
    return await intake.answered(desk, request, verdicts, told, lambda verdict: {"lead": (verdict.record.key or b"").decode()})


async def _judged(desk: Desk, dealer: str, lead: adf.Lead, *, is_dry_run: bool) -> Verdict:
    """The verdict on a lead. Its event's id follows from what it says: the same document again is the same events."""
    said = [item for pair in sorted(lead.fields.items()) for item in pair]
    name = slips.name("adf", dealer, lead.ref, lead.requested, *said)
    ref = lead.ref or f"adf-{slips.name('adf', dealer, lead.requested, *map(lead.fields.get, ('name', 'email', 'phone'))).hex[:16]}"
    now = heard = datetime.now(UTC)
    if not is_dry_run and (lead.moment is None or lead.is_vague):
        heard = await desk.lines.ask(lambda connection: door.heard_at(connection, name))
    moment = heard if lead.moment is None else min(lead.moment, heard) if lead.is_vague else lead.moment
    body = to_json({"occurred_at": moment.isoformat(), "lead": ref, **lead.fields})
    headers = cloudevents.write(cloudevents.Envelope(str(name), f"/dealers/{dealer}", LEAD_RECEIVED.wire, now, ref))
    verdict = desk.judge.judge(dealer, headers, body, now)
    return verdict._replace(faults=tuple(Finding(lead.paths.get(path, path), expected) for path, expected in verdict.faults))


def _told(repair: Repair) -> dict[str, object]:
    """What was mended; the line where it is known."""
    return {"path": repair.path, **({"line": repair.line} if repair.line else {}), "done": repair.done}
