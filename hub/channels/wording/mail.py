"""Compile a mail of a template once, and fill in one recipient after another."""

import re
import secrets
from base64 import encodebytes
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from contracts.base.templates import Template, Wording
from contracts.base.templates.v1 import UNSUBSCRIBE, split
from hub.channels.mail.address import checked
from hub.channels.mail.data import END
from hub.channels.parcel import Mail
from hub.channels.wording import html
from hub.channels.wording.headers import guard, header_value, phrase
from hub.channels.wording.quoted import SOFT, quoted
from hub.channels.wording.values import Values, checked_link
from hub.errors import InputError

_ATTRIBUTE = re.compile(r' [a-z:-]+="\Z')
_SPECIAL = re.compile(r"[&<>\"'\n]")
_NOWHERE = "#"  # an empty link would lead to wherever the mail is read
_MEDIA = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,100}\Z")


class MailSender(NamedTuple):
    """Whom a mail is from, as its reader sees it, and whom bounces go to."""

    name: str
    address: str
    bounces: str


class Attachment(NamedTuple):
    """A file that goes with every mail of a batch."""

    name: str
    media_type: str
    content: bytes


class Recipient(NamedTuple):
    """What differs from message to message; `unsubscribe` is the link that ends such mail, None where nobody can be asked to.

    `documents` are links to those that a text cannot enclose.
    """

    delivery: str
    address: str
    fields: Mapping[str, Any]
    at: datetime
    unsubscribe: str | None = None
    zone: str = "UTC"
    documents: Sequence[str] = ()


class CompiledMail:
    """One message with gaps. Whatever is the same for all recipients has been escaped, encoded and put in its place already.

    Nothing looks through the whole of a message any more: its pieces are as DATA wants them, each beginning on a line of its own.
    """

    def __init__(self, template: Template, wording: Wording, sender: MailSender, attachments: Sequence[Attachment] = ()) -> None:
        mail = wording.email
        if mail is None:
            raise InputError(f"template {template.id}", f"a wording for e-mail in {wording.language}")
        path = f"{template.edition}: {wording.language}.email"
        self._values, self._language = Values(template.fields), wording.language
        kinds = {field.name: field.kind for field in template.fields}
        for name in (sender.address, sender.bounces):
            if checked(name) is None:
                raise InputError("sender", "an e-mail address", name)
        self._bounces, self._domain = sender.bounces, sender.address.rpartition("@")[2]
        self._from = f"{phrase('sender', sender.name)} <{sender.address}>" if sender.name else sender.address
        self._subject = split(mail.subject)
        for literal in self._subject[::2]:
            guard(f"{path}.subject", literal)
        self._pieces: list[str] = []
        self._gaps: list[tuple[int, str, bool, str]] = []
        page = html.compiled(f"{path}.mjml", mail.mjml, wording.language, kinds)
        attributes = _taken_out(page, {field.name for field in template.fields if field.kind == "link" and not field.is_required})
        self._add_body(split(mail.text.replace("\r\n", "\n")), page, attributes, attachments)

    def fill(self, to: Recipient) -> Mail:
        """The mail for one recipient; raises InputError with the path of what cannot go into it."""
        texts = self._values.written(to.fields, self._language, to.zone)
        address = checked(to.address)
        if address is None:
            raise InputError("address", "an e-mail address")
        texts[UNSUBSCRIBE] = _NOWHERE if to.unsubscribe is None else checked_link("unsubscribe", to.unsubscribe)
        subject = "".join(part if at % 2 == 0 else guard(f"fields.{part}", texts[part]) for at, part in enumerate(self._subject))
        pieces = self._pieces.copy()
        for at, name, is_html, attribute in self._gaps:
            text = _as_html(texts[name]) if is_html else texts[name]
            pieces[at] = quoted(f'{attribute}{text}"' if attribute and text else text)
        leave = f"List-Unsubscribe: <{to.unsubscribe}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if to.unsubscribe else ""
        pieces[0] = (
            f"From: {self._from}\r\nTo: {address}\r\nSubject: {header_value(subject)}\r\nDate: {_date(to.at.replace(microsecond=0))}"
            f"\r\nMessage-ID: <{to.delivery}@{self._domain}>\r\n{leave}"
        )
        return Mail(self._bounces, "".join(pieces).encode("ascii"))

    def _add_body(self, text: list[str], page: list[str], attributes: Mapping[int, str], attachments: Sequence[Attachment]) -> None:
        alternative, mixed = _boundary(), _boundary()
        self._pieces = ["", "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"]
        if attachments:
            self._pieces.append(f'Content-Type: multipart/mixed; boundary="{mixed}"\r\n\r\n--{mixed}\r\n')
        self._pieces.append(f'Content-Type: multipart/alternative; boundary="{alternative}"\r\n\r\n')
        for kind, turns in (("plain", text), ("html", page)):
            self._pieces.append(
                f"--{alternative}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            )
            for at, turn in enumerate(turns):
                if at % 2:
                    self._gaps.append((len(self._pieces), turn, kind == "html", attributes.get(at, "") if kind == "html" else ""))
                    self._pieces += ["", SOFT]
                elif turn:
                    self._pieces += [quoted(turn), SOFT]
            self._pieces.append("\r\n")
        self._pieces.append(f"--{alternative}--\r\n")
        for attachment in attachments:
            self._pieces.append(f"--{mixed}\r\n{_attached(attachment)}")
        if attachments:
            self._pieces.append(f"--{mixed}--\r\n")
        self._pieces.append(END)


def _taken_out(page: list[str], spare: AbstractSet[str]) -> dict[int, str]:
    """Take the attributes of links that may be missing out of a page's turns; returns the beginning of each by its turn.

    Each comes and goes with its value: an empty one would lead to wherever the mail is read. One that holds more than the link stays,
    as its quote would end before the rest.
    """
    found = {}
    for at in range(1, len(page), 2):
        begins = _ATTRIBUTE.search(page[at - 1]) if page[at] in spare else None
        if begins and page[at + 1].startswith('"'):
            found[at] = begins[0]
            page[at - 1], page[at + 1] = page[at - 1][: begins.start()], page[at + 1][1:]
    return found


def _attached(file: Attachment) -> str:
    if not _MEDIA.match(file.media_type):
        raise InputError(f"attachment {file.name}", "a media type, such as application/pdf", file.media_type)
    guard("attachment", file.name)
    content = encodebytes(file.content).decode().replace("\n", "\r\n")
    return (
        f"Content-Type: {file.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n filename*=utf-8''{quote(file.name, safe='')}\r\n\r\n{content}"
    )


def _as_html(text: str) -> str:
    return escape(text).replace("\n", "<br>") if _SPECIAL.search(text) else text


def _boundary() -> str:
    return f"=_{secrets.token_hex(12)}"  # never in quoted-printable or base64


@lru_cache(8)
def _date(at: datetime) -> str:
    return format_datetime(at)
