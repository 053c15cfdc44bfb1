"""Put deliveries into words: the template of the day in the person's language, filled with what the notice said."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

from contracts.base import SalesDocument
from contracts.base.templates import Template, Wording
from contracts.values import Channel
from hub.channels.almanac import Almanac
from hub.channels.claim import Claimed, Now
from hub.channels.enclosures import Enclosed, enclosed
from hub.channels.lane import Written
from hub.channels.parcel import Enclosure, Parcel, Sms
from hub.channels.sms.segments import segments
from hub.channels.wording.letter import CompiledLetter
from hub.channels.wording.mail import Attachment, CompiledMail, MailSender, Recipient
from hub.channels.wording.text import CompiledSms
from hub.errors import InputError
from hub.rules.basedata import BaseData
from hub.rules.links import Links
from hub.rules.prices import SegmentPrice
from hub.state.base import BaseDataCache
from hub.state.document_store import DocumentStore
from hub.state.store import Connection

_Compiled: TypeAlias = CompiledMail | CompiledSms | CompiledLetter
_Key: TypeAlias = tuple[str, str, Channel, tuple[str, ...]]


class Senders(NamedTuple):
    """Whom people see that a message is from: of a mail, of a text, and the lines of a letter."""

    mail: MailSender
    sms: str
    post: tuple[str, ...]


class Writer:
    """Compiles each template once a day for each language and channel, and again when base data has changed."""

    def __init__(
        self,
        senders: Senders,
        almanac: Almanac,
        price: SegmentPrice | None,
        now: Now,
        links: Links | None = None,
        kept: DocumentStore | None = None,
    ) -> None:
        self._senders, self._almanac, self._price, self._now, self._links = senders, almanac, price, now, links
        self._kept = kept or DocumentStore(Path())
        self._cache = BaseDataCache((Template.KIND, SalesDocument.KIND))
        self._base, self._day = BaseData(), date.min
        self._compiled: dict[_Key, _Compiled | InputError] = {}

    async def __call__(self, connection: Connection, claimed: Sequence[Claimed], channel: Channel) -> Sequence[Written | InputError]:
        """Each in its place; an InputError where there is no such template, or the notice does not say what it needs."""
        base, now = await self._cache.refresh(connection), await self._now(connection)
        if base is not self._base or now.date() != self._day:  # a document that is valid today may not be tomorrow
            self._base, self._day, self._compiled = base, now.date(), {}
        return [self._written(one, channel, now) for one in claimed]

    def _written(self, one: Claimed, channel: Channel, now: datetime) -> Written | InputError:
        template = self._base.find(Template, one.due.template, now)
        if template is None:
            return InputError("template", "a template that is laid down (hub base list template)")
        compiled = self._of(template, one, channel)
        if isinstance(compiled, InputError):
            return compiled
        leave = self._links.unsubscribe(one.due.id) if self._links and one.due.nature == "marketing" else None
        zone, links = self._almanac.zone(one.addressee.country), self._document_links(one) if channel == "sms" else ()
        name = self._links.mail(one.due.id) if self._links and channel == "email" else str(one.due.id)
        to = Recipient(name, one.address, self._fields(one), now, leave, zone, links)
        try:
            content = compiled.fill(to)
        except InputError as error:
            return error
        parcel = Parcel(to.delivery, one.address, content)
        return self._priced(parcel, content) if isinstance(content, Sms) else Written(parcel)

    def _fields(self, one: Claimed) -> Mapping[str, object]:
        """What the notice said; the name, where it said none, is what the person is called now."""
        return {"name": one.addressee.name, **one.due.fields}

    def _document_links(self, one: Claimed) -> Sequence[str]:
        return [self._links.document(one.due.id, place) for place, _ in enumerate(one.due.documents)] if self._links else ()

    def _of(self, template: Template, one: Claimed, channel: Channel) -> _Compiled | InputError:
        wording = template.wording(one.addressee.language)
        documents = tuple(one.due.documents)
        key = template.edition, wording.language, channel, documents
        if key not in self._compiled:
            try:
                self._compiled[key] = self._compile(template, wording, channel, documents)
            except InputError as error:
                self._compiled[key] = error
        return self._compiled[key]

    def _compile(self, template: Template, wording: Wording, channel: Channel, documents: Sequence[str]) -> _Compiled:
        files = [enclosed(name, self._base, self._kept, self._day) for name in documents]
        match channel:
            case "email":
                attached = [Attachment(file.file, file.media_type, file.content) for file in files]
                return CompiledMail(template, wording, self._senders.mail, attached)
            case "sms":
                if files and self._links is None:
                    raise InputError("documents", "none, as there are no links to them (HUB_DOOR_SECRET, HUB_DOOR_PUBLIC_URL)")
                return CompiledSms(template, wording, self._senders.sms)
            case "post":
                return CompiledLetter(template, wording, self._senders.post, [_printable(file) for file in files])

    def _priced(self, parcel: Parcel, text: Sms) -> Written:
        parts = segments(text.text).parts
        if self._price is None:
            return Written(parcel, parts)
        return Written(parcel, parts, self._price.of(parts), self._price.currency)


def _printable(file: Enclosed) -> Enclosure:
    if file.media_type != "application/pdf":
        raise InputError(f"documents.{file.name}", "a PDF, as the printer puts it into the envelope")
    return Enclosure(file.name, file.sha256, file.content)
