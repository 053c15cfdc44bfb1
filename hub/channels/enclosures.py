"""The files of sales documents that go along with a message, each in the version that the notice names."""

from datetime import date
from hashlib import sha256
from mimetypes import guess_type
from typing import NamedTuple

from contracts.base import SalesDocument
from hub.errors import InputError
from hub.rules.basedata import BaseData
from hub.rules.document_versions import version_on
from hub.state.document_store import DocumentStore


class Enclosed(NamedTuple):
    """The file of one version, `name` being `id@version`."""

    name: str
    file: str
    media_type: str
    sha256: str
    content: bytes


def enclosed(name: str, base: BaseData, kept: DocumentStore, day: date) -> Enclosed:
    """The file of `id@version`; raises InputError for a version that is not laid down, no longer valid, or whose file is not kept here."""
    found = version_on(day, name, base.editions(SalesDocument, name.rpartition("@")[0]))
    if found is None or found.retired:
        raise InputError(f"documents.{name}", "a version that is laid down (hub documents list)")
    if found.valid_until is not None and found.valid_until < day:
        raise InputError(f"documents.{name}", f"a version that is valid on {day}; it was until {found.valid_until}")
    file = kept.find(found.sha256)
    content = file.read_bytes() if file else b""
    if file is None or sha256(content).hexdigest() != found.sha256:
        raise InputError(f"documents.{name}", "a file that is kept, as it was added, where couriers find it (HUB_DOCUMENTS)")
    return Enclosed(name, found.file, guess_type(found.file)[0] or "application/octet-stream", found.sha256, content)
