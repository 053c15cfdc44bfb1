"""What a campaign or message names of the base data: its template, its purpose, its documents, each as it holds today."""

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import NamedTuple

from contracts.base import ConsentPurpose, SalesDocument, Template
from contracts.base.v1 import BaseDatum
from contracts.values import Channel
from hub.operations.base_plan import as_data
from hub.rules.basedata import BaseData
from hub.rules.document_versions import version_on
from hub.rules.messages import TEST
from hub.state import base_editions
from hub.state.reading import snapshot


class Named(NamedTuple):
    """The template that words it, where there is one, and what is wrong with what is named, a line each."""

    template: Template | None
    faults: list[str]


async def named(
    url: str, template: str, purpose: str, documents: Sequence[str], channels: Sequence[Channel], said: Collection[str] = ()
) -> Named:
    """Look everything up that is named; `said` are the fields that are said besides the person's name."""
    now = datetime.now(UTC)
    async with snapshot(url) as look:
        found: list[BaseDatum] = []
        for kind, ref in ((Template.KIND, template), (ConsentPurpose.KIND, purpose), (SalesDocument.KIND, None)):
            found += as_data(await base_editions.editions(look, kind, ref))
    base = BaseData(found)
    worded = base.find(Template, template, now)
    faults = [
        *_of_template(worded, template, channels, {"name", *said}),
        *_of_purpose(base.find(ConsentPurpose, purpose, now), purpose),
        *_of_documents([one for one in found if isinstance(one, SalesDocument)], documents, now, channels),
    ]
    return Named(worded, faults)


def _of_template(worded: Template | None, template: str, channels: Sequence[Channel], said: AbstractSet[str]) -> Iterator[str]:
    if worded is None or worded.retired:
        yield f"template: expected a template in use (hub base list template), got {template!r}"
        return
    for channel in channels:
        if all(getattr(wording, channel) is None for wording in worded.wordings):
            yield f"template: expected a wording for {channel} in {template!r}"
    for field in worded.fields:
        if field.is_required and field.name not in said:
            yield f"template: expected one that needs no more than {', '.join(sorted(said))}; {template!r} needs {field.name}"


def _of_purpose(known: ConsentPurpose | None, purpose: str) -> Iterator[str]:
    if purpose != TEST and (known is None or known.retired):
        yield f"purpose: expected a purpose in use (hub base list consent_purpose), got {purpose!r}"


def _of_documents(known: Sequence[SalesDocument], documents: Sequence[str], now: datetime, channels: Sequence[Channel]) -> Iterator[str]:
    for document in documents:
        found = version_on(now.date(), document, known)
        if found is None:
            yield f"documents: expected versions that were added (hub documents list), as ID@VERSION, got {document!r}"
        elif found.retired or (found.valid_until is not None and found.valid_until < now.date()):
            yield f"documents: expected versions that still hold, got {document!r}"
        elif "post" in channels and not found.file.lower().endswith(".pdf"):
            yield f"documents: expected PDFs, as the printer puts them into the envelope, got {found.file!r} of {document}"
