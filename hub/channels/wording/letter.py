"""Make a printable letter of a template: PDF/A, and the same bytes for the same letter."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import typst
from babel.dates import format_date

from contracts.base.templates import Template, Wording
from contracts.base.templates.v1 import split
from hub.channels.parcel import Enclosure, Letter
from hub.channels.wording.mail import Recipient
from hub.channels.wording.values import Values, locale_of
from hub.errors import InputError

LAYOUT = Path(__file__).with_name("letter.typ")
_ALPHABETS = ("LATIN", "GREEK", "CYRILLIC", "MODIFIER", "MICRO", "FEMININE", "MASCULINE", "KELVIN", "ANGSTROM", "OHM")
_PICTURES = 0x2E80  # from here on other scripts, then pictures
MOST_LINES, LONGEST_LINE = 6, 60  # of an address, in an envelope's window


class CompiledLetter:
    """A letter with gaps; `sender` is who it is from and where it goes back to, line by line. `enclosures` go along with each."""

    def __init__(self, template: Template, wording: Wording, sender: tuple[str, ...], enclosures: Sequence[Enclosure] = ()) -> None:
        if wording.post is None:
            raise InputError(f"template {template.id}", f"a wording for letters in {wording.language}")
        self._values, self._language, self._sender = Values(template.fields), wording.language, sender
        self._enclosures = tuple(enclosures)
        self._subject, self._text = split(wording.post.subject), split(wording.post.text.replace("\r\n", "\n"))

    def fill(self, to: Recipient) -> Letter:
        """The letter for one recipient, whose address is lines; raises InputError with the path of what cannot go into it."""
        texts = self._values.written(to.fields, self._language, to.zone)
        subject, text = ("".join(turn if at % 2 == 0 else texts[turn] for at, turn in enumerate(of)) for of in (self._subject, self._text))
        if beyond := _beyond(f"{subject}{text}{to.address}"):
            raise InputError("text", "letters of the Latin, Greek or Cyrillic alphabet, which are all that is printed", beyond)
        lines = tuple(line.strip() for line in to.address.splitlines() if line.strip())
        if not 2 <= len(lines) <= MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):  # noqa: PLR2004 - a name and a place
            raise InputError("address", f"2 to {MOST_LINES} lines of at most {LONGEST_LINE} signs")
        letter = {
            "sender": list(self._sender),
            "lines": list(lines),
            "date": format_date(to.at.date(), "long", locale=locale_of(self._language)),
            "language": self._language.partition("-")[0].lower(),
            "subject": subject,
            "paragraphs": [block.split("\n") for block in text.split("\n\n") if block.strip()],
        }
        return Letter(" · ".join(self._sender), lines, printed(letter, to.at), self._enclosures)


def _beyond(text: str) -> str:
    """The signs that no font of ours has: they would come out as boxes."""
    return "".join(dict.fromkeys(sign for sign in text if not sign.isascii() and not _is_printed(sign)))


@cache
def _is_printed(sign: str) -> bool:
    if sign.isalpha():
        return unicodedata.name(sign, "").startswith(_ALPHABETS)
    return ord(sign) < _PICTURES and not unicodedata.combining(sign)


def printed(letter: Mapping[str, object], at: datetime) -> bytes:
    """The pages, dated as the letter is and not as they are made."""
    # typst takes fixed offsets only
    moment = at.astimezone(timezone(at.utcoffset() or timedelta())).replace(microsecond=0)
    pdf = _compiler().compile(format="pdf", sys_inputs={"letter": json.dumps(letter)}, pdf_standards=["a-2b"], timestamp=moment)
    assert isinstance(pdf, bytes)  # noqa: S101 - a PDF is one file
    return pdf


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False)  # the same letter on every machine
    return typst.Compiler(input=str(LAYOUT), root=str(LAYOUT.parent), font_paths=fonts)
