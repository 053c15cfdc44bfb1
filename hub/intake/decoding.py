"""Read bytes as the text that they are, whatever they say they are."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from contracts.contract import Finding, Invalid
from hub.intake.repair import Repair

_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_UTF8, _UTF16 = "utf-8", "utf-16"
_KNOWN = {
    "utf-8": _UTF8,
    "utf8": _UTF8,
    "us-ascii": _UTF8,
    "ascii": _UTF8,
    "utf-16": _UTF16,
    "utf-16le": _UTF16,
    "utf-16be": _UTF16,
    "iso-8859-1": "cp1252",  # as browsers do: what Latin-1 has beyond it are control characters
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso-8859-15": "iso-8859-15",
    "latin9": "iso-8859-15",
}
_WANTED = "UTF-8, UTF-16 with a byte order mark, ISO-8859-1, ISO-8859-15 or Windows-1252"


def decoded(raw: bytes, charset: str = "") -> tuple[str, list[Repair]]:
    """The text, by its byte order mark, by `charset` (of the request's content type) or by its own declaration.

    Bytes that are valid UTF-8 beyond ASCII are UTF-8, whatever was declared: other text hardly ever is. Raises Invalid (`encoding`).
    """
    for mark, name in ((BOM_UTF8, _UTF8), (BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be")):
        if raw.startswith(mark):
            return _text(raw[len(mark) :], name), []
    found = _DECLARED.search(raw[:1_000])
    told = (charset or (found[1].decode("ascii") if found else _UTF8)).strip("\"' ").lower()
    if told not in _KNOWN:
        raise Invalid("encoding", Finding("encoding", _WANTED))
    name = _KNOWN[told]
    try:
        text = _text(raw, _UTF8)
    except Invalid:
        if name == _UTF16:
            raise
        text, read_as = _text(raw, "cp1252" if name == _UTF8 else name), "Windows-1252"
        return text, ([Repair("", 1, f"said to be UTF-8, read as {read_as}")] if name == _UTF8 else [])
    is_told_otherwise = name == _UTF16 or (name != _UTF8 and not text.isascii())
    return text, ([Repair("", 1, f"said to be {told.upper()}, read as UTF-8")] if is_told_otherwise else [])


def _text(raw: bytes, name: str) -> str:
    try:
        text = raw.decode(name)
    except UnicodeDecodeError:
        raise Invalid("encoding", Finding("encoding", f"{_WANTED}, as it is declared")) from None
    if "\0" in text:
        raise Invalid("encoding", Finding("(body)", f"text without the NUL character, in {_WANTED}"))
    return text
