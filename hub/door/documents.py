"""Give the document that a text links to, for as long as its version holds."""

from datetime import UTC, datetime
from mimetypes import guess_type
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from hub.door import asking, pages
from hub.door.desk import Desk
from hub.rules.links import document_of
from hub.state import door
from hub.telemetry import log

_SHOWN = {"application/pdf", "image/jpeg", "image/png"}
"""Opened where they are; anything else is only saved, so that nothing runs under the door's own name."""


async def give(desk: Desk, request: Request, _raw: bytes) -> Response:
    """The file, under its name and of its kind; a page in words where there is none, or no longer."""
    accepted, named = request.headers.get("accept-language", ""), document_of(request.path_params["token"], desk.keys.links)
    if named is None:
        return pages.unknown(accepted)
    asking.bound(desk.links, f"{named[0]}/{named[1]}")
    today = datetime.now(UTC).date()
    found = await desk.lines.ask(lambda connection: door.document(connection, *named, today))
    if found is None:
        desk.unknown(str(named[0]))
        return pages.unknown(accepted)
    if found.retired or (found.valid_until is not None and found.valid_until < today):
        return pages.over(accepted)
    file = desk.kept.find(found.sha256)
    if file is None:
        log.error("door.document_not_kept", sha256=found.sha256)
        return pages.away(accepted)
    media_type = guess_type(found.file)[0] or "application/octet-stream"
    how = "inline" if media_type in _SHOWN else "attachment"
    # in one piece: who shows a PDF would ask for a large one in dozens, and each counts for how often the link is followed
    headers = {"content-disposition": f"{how}; filename*=utf-8''{quote(found.file, safe='')}", "accept-ranges": "none"}
    return FileResponse(file, media_type=media_type, headers=headers)
