"""Sales documents: versions laid down as base data, files kept by their hash."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from contracts.base import SalesDocument
from contracts.contract import findings
from hub.errors import HubError, InputError
from hub.operations import base
from hub.operations.acts import Operator
from hub.operations.base_file import BaseFile, Laid
from hub.operations.base_plan import as_data
from hub.state import document_desk
from hub.state.document_desk import Recipient, Sent
from hub.state.document_store import DocumentStore, measure
from hub.state.reading import snapshot

_OPTIONS = {"document_kind": "--kind", "effective_from": "--from", "valid_until": "--until"}
_PDF, _WITHIN = b"%PDF-", 1_024  # what readers look for, and how far
LARGEST = 10_000_000
"""Bytes of a file: no mailbox takes larger ones with certainty."""


class Version(NamedTuple):
    """One version of a document: whether it holds today, and whether its file is kept here."""

    document: SalesDocument
    state: str
    is_kept: bool


def draft(file: Path, said: dict[str, Any]) -> SalesDocument:
    """A file as a version of a document; raises InputError for what cannot be one, by option."""
    try:
        measured = measure(file)
    except OSError as error:
        raise InputError("FILE", f"a file that can be read ({error.strerror})", str(file)) from None
    if not 0 < measured.size <= LARGEST:
        raise InputError("FILE", f"1 to {LARGEST:,} bytes", f"{measured.size:,}")
    head = {"occurred_at": datetime.now(UTC), "file": file.name, **measured._asdict()}
    try:
        made = SalesDocument.model_validate(head | {name: value for name, value in said.items() if value is not None})
    except ValidationError as error:
        path, expected = findings(error)[0]
        raise InputError(_OPTIONS.get(path, "FILE" if path == "file" else f"--{path}"), expected) from None
    if made.valid_until is not None and made.valid_until < made.effective_from:
        raise InputError("--until", f"a day not before {made.effective_from}", str(made.valid_until))
    return made


def check(file: Path) -> None:
    """Raise InputError where a file is not what its name says: what is laid down is so for ever."""
    with file.open("rb") as opened:
        begins = opened.read(_WITHIN)
    if file.suffix.lower() == ".pdf" and _PDF not in begins:
        raise InputError("FILE", "a PDF, as its name says", file.name)


async def objections(url: str, new: SalesDocument) -> SalesDocument | None:
    """The same version where it is laid down already; raises HubError where that version, or that day, is another file's."""
    for old, _, _ in await versions(url, new.id):
        if old.version == new.version and old.sha256 == new.sha256:
            return old
        if old.version == new.version:
            raise HubError(
                f"{new.id}@{new.version} is {old.file} ({old.sha256[:8]}…) since {old.effective_from}: another file needs another version"
            )
        if old.effective_from == new.effective_from:
            raise HubError(f"{new.id} has version {old.version} from {old.effective_from}: a newer one begins on another day (--from)")
    return None


async def add(operator: Operator, url: str, options: dict[str, Any], store: DocumentStore, file: Path, new: SalesDocument) -> None:
    """Keep the file, then lay the version down: what the base data names is there."""
    keep(store, file, new)
    said = BaseFile(file.name, [Laid(1, new)])
    await base.apply(operator, options, said, await base.plan(url, said))


def keep(store: DocumentStore, file: Path, new: SalesDocument) -> None:
    """Keep the file of a version; raises HubError where it is no longer the one that was looked at."""
    if store.keep(file).sha256 != new.sha256:
        raise HubError(f"{file.name} changed while it was read: add it again")


async def versions(url: str, document: str | None = None, store: DocumentStore | None = None, today: date | None = None) -> list[Version]:
    """Versions of one document or of all, the oldest of each first."""
    found = [d for d in as_data(await base.editions(url, SalesDocument.KIND, document)) if isinstance(d, SalesDocument)]
    day = today or datetime.now(UTC).date()
    return [
        Version(
            one,
            _state(one, [other for other in found if other.id == one.id], day),
            store is not None and store.find(one.sha256) is not None,
        )
        for one in found
    ]


async def distribution(url: str, document: str) -> list[Sent]:
    """How many deliveries carried each version, by channel and state."""
    async with snapshot(url) as look:
        return await document_desk.counts(look, document)


async def recipients(url: str, document: str, version: str, most: int) -> list[Recipient]:
    """Who got a version, the latest first."""
    async with snapshot(url) as look:
        return await document_desk.recipients(look, document, version, most)


def _state(one: SalesDocument, all_of_it: list[SalesDocument], day: date) -> str:
    """In a word, as of a day: what comes later supersedes what holds."""
    if one.effective_from > day:
        return f"from {one.effective_from}"
    if any(one.effective_from < other.effective_from <= day for other in all_of_it):
        return "superseded"
    if one.retired:
        return "retired"
    return "in use" if one.valid_until is None or day <= one.valid_until else "expired"
