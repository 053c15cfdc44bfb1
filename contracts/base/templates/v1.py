"""First edition of a template.

A place for a value is written `{{name}}` and names a field. There is nothing else to be computed: no conditions, no loops, no expressions.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Annotated, Literal

from pydantic import FailFast, Field, ValidationInfo, field_validator

from contracts.base.v1 import BaseDatum
from contracts.contract import Contract
from contracts.values import Document, Language, Line, Several, Slug, Text

FieldKind = Literal["line", "text", "money", "day", "moment", "count", "link"]
"""What a field holds: one line, several, an amount, a day, a moment, a number, the address of a page."""

UNSUBSCRIBE = "unsubscribe"
"""The place of the link by which a recipient stops such mail; the hub fills it in."""

_PLACE = re.compile(r"\{\{([a-z0-9_-]{1,40})\}\}")
_ONE_LINE = {"line", "money", "day", "moment", "count"}
_REACHES_OUT = re.compile(r"<\s*(mj-include|script|!doctype|!entity)\b", re.IGNORECASE)


class TemplateField(Contract):
    """A value that differs from message to message."""

    name: Slug
    kind: FieldKind = "line"
    is_required: bool = True


class MailWording(Contract):
    """A mail: MJML, and the same as text for those who read no HTML."""

    subject: Line
    mjml: Document
    text: Text


class SmsWording(Contract):
    """A text message."""

    text: Text


class LetterWording(Contract):
    """A letter: a subject, and paragraphs with an empty line between them."""

    subject: Line
    text: Text


class Wording(Contract):
    """One language; a channel that is left out cannot carry this template in it."""

    language: Language
    email: MailWording | None = None
    sms: SmsWording | None = None
    post: LetterWording | None = None


class Template(BaseDatum):
    """What people are told; who reads none of the languages gets the first."""

    KIND = "template"

    id: Slug
    name: Line
    fields: Several[TemplateField] = ()
    wordings: Annotated[tuple[Wording, ...], Field(min_length=1, max_length=30), FailFast()]

    @field_validator("fields")
    @classmethod
    def _has_each_field_once(cls, fields: tuple[TemplateField, ...]) -> tuple[TemplateField, ...]:
        names = [field.name for field in fields]
        if len(set(names)) != len(names):
            raise ValueError("each field once")
        if UNSUBSCRIBE in names:
            raise ValueError(f"fields of the template's own: {UNSUBSCRIBE} is filled in by the hub")
        return fields

    @field_validator("wordings")
    @classmethod
    def _names_known_fields(cls, wordings: tuple[Wording, ...], info: ValidationInfo) -> tuple[Wording, ...]:
        if len({wording.language for wording in wordings}) != len(wordings):
            raise ValueError("each language once")
        fields: Mapping[str, FieldKind] = {field.name: field.kind for field in info.data.get("fields", ())}
        for at, wording in enumerate(wordings):
            for fault in _faults(wording, fields):
                raise ValueError(f"wordings.{at}.{fault}")
        return wordings

    def wording(self, language: str | None) -> Wording:
        """The wording in a language, or in one that is near to it, or the first."""
        by_language = {wording.language.lower(): wording for wording in reversed(self.wordings)}
        wanted = (language or "").lower()
        return by_language.get(wanted) or by_language.get(wanted.partition("-")[0]) or self.wordings[0]


def places(text: str) -> Iterator[str]:
    """The names of the fields that a text has places for, as often as it has them."""
    return (match[1] for match in _PLACE.finditer(text))


def split(text: str) -> list[str]:
    """The text in turns: what stands there as it is, then the name of a field, then what stands there, and so on."""
    return _PLACE.split(text)


def _faults(wording: Wording, fields: Mapping[str, FieldKind]) -> Iterator[str]:
    """What is wrong with a wording, each with its path."""
    for channel, subject in (("email", wording.email), ("post", wording.post)):
        if subject is not None:
            lines = {name for name, kind in fields.items() if kind in _ONE_LINE}
            yield from _strangers(f"{channel}.subject", subject.subject, lines)
            more = {UNSUBSCRIBE} if channel == "email" else set()
            yield from _strangers(f"{channel}.text", subject.text, fields.keys() | more)
    if wording.sms is not None:
        yield from _strangers("sms.text", wording.sms.text, fields.keys())
    if wording.email is not None:
        yield from _strangers("email.mjml", wording.email.mjml, fields.keys() | {UNSUBSCRIBE})
        if found := _REACHES_OUT.search(wording.email.mjml):
            yield f"email.mjml: nothing that runs or is fetched, such as <{found[1]}"


def _strangers(path: str, text: str, names: AbstractSet[str]) -> Iterator[str]:
    for name in places(text):
        if name not in names:
            yield f"{path}: a field that may stand there ({', '.join(sorted(names)) or 'none'}), not {{{{{name}}}}}"
    if "{{" in _PLACE.sub("", text):
        yield f"{path}: {{{{name}}}} with the name of a field, and no other {{{{"
