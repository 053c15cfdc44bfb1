"""Mend what is meant to be XML, as far as it is clear what was meant: a strict parser reads it afterwards, and has the last word."""

import re
from collections.abc import Collection
from html import escape
from html.entities import html5
from typing import NamedTuple

from contracts.contract import Finding, Invalid
from hub.intake.repair import MOST, Repair

MOST_DEPTH = 50
_MOST_TAG = 4_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TAG = re.compile(r"(/\s*)?(?:[\w.-]{1,60}:)?([A-Za-z_][\w.-]{0,60})(?=[\s/]|\Z)")
_ENDS = re.compile(r"</\s*(?:[\w.-]{1,60}:)?([A-Za-z_][\w.-]{0,60})")
_ATTRIBUTE = re.compile(r"""([A-Za-z_:][\w:.-]*+)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[“”„][^“”„]*+[“”]|[^\s"'=]++))?""")
_REFERENCE = re.compile(r"&(?:#(?:([0-9]{1,7})|[xX]([0-9a-fA-F]{1,6}))|([A-Za-z][A-Za-z0-9]{1,31}));|&")
_XML = {"amp", "lt", "gt", "quot", "apos"}
_LINES = {"br", "p", "div", "li", "tr"}
_HTML = _LINES | {"b", "i", "u", "a", "em", "strong", "span", "font", "hr", "img", "ul", "ol", "table", "td", "th", "html", "body", "pre"}
_OUTSIDE = "what stands outside of the document was passed over"


class Grammar(NamedTuple):
    """What is known of a format: its root, all its elements, those that hold text only, those of which there may be many.

    None of them stands within another of its name.
    """

    root: str
    known: Collection[str]
    leaves: Collection[str]
    many: Collection[str] = ()


def no_types() -> Invalid:
    """A document that brings definitions along: entities are how a small one becomes huge, or reads files."""
    return Invalid("doctype", Finding("(document)", "no definitions of its own (a DOCTYPE with entities is never read)"))


def mended(text: str, grammar: Grammar) -> tuple[str, list[Repair]]:
    """The document, and what was done to it; raises Invalid where what was meant is not clear. Takes time in proportion to the length."""
    mending = _Mending(text, grammar)
    mending.run()
    return "".join(mending.out), mending.repairs


class _Mending:
    def __init__(self, text: str, grammar: Grammar) -> None:
        self.out, self.repairs = list[str](), list[Repair]()
        self._text, self._grammar = text, grammar
        self._open = list[str]()
        self._ended = {found[1].lower() for found in _ENDS.finditer(text)}
        self._done = set[tuple[str, str]]()
        self._is_over, self._is_cdata_closed = False, True

    def run(self) -> None:
        text, at = self._text, 0
        while at < len(text):
            begin = text.find("<", at)
            self._say(text[at : None if begin < 0 else begin], at)
            at = len(text) if begin < 0 else self._markup(begin)
        if len(self._open) > 1:
            raise Invalid("xml", Finding(self._path(), "the rest of the document: it breaks off here"))
        if self._open:
            if not self._is_over:
                self._mend(len(text), f"{self._grammar.root} was closed")
            self.out.append(f"</{self._open.pop()}>")

    def _markup(self, at: int) -> int:
        """Take what begins with this <; returns where it ends."""
        text = self._text
        if text.startswith("<!--", at):
            end = text.find("-->", at + 4)
            return len(text) if end < 0 else end + 3  # one that does not end takes the rest along: then the document breaks off
        if text.startswith("<![CDATA[", at):
            return self._cdata(at)
        following = text.find("<", at + 1)
        end = text.find(">", at, None if following < 0 else following)
        inner = text[at + 1 : end] if end >= 0 else text[at + 1 : at + 20]
        if self._is_instruction(inner, at, is_whole=end >= 0) or (end >= 0 and self._is_tag(inner, at)):
            return end + 1
        return self._bare(at)

    def _is_instruction(self, inner: str, at: int, *, is_whole: bool) -> bool:
        """Pass over what speaks to a parser."""
        if inner[:1] == "!" and inner[1:8].upper().startswith(("DOCTYPE", "ENTITY", "ELEMENT", "ATTLIST", "NOTATIO")):
            if not is_whole or "[" in inner or inner[1:8].upper() != "DOCTYPE":
                raise no_types()
            self._mend(at, "the document type was passed over")
            return True
        if not is_whole or inner[:1] != "?":
            return False
        if inner[1:4].lower() == "xml" and (at > 0 or inner[1:4] != "xml"):
            self._mend(at, "a declaration that is none, or does not stand first, was passed over")
        if inner[-1:] != "?":
            self._mend(at, "an instruction was closed")
        return True

    def _is_tag(self, inner: str, at: int) -> bool:
        """Begin or end an element, if that is what it is."""
        tag = _TAG.match(inner)
        if tag is None:
            return False
        if len(inner) > _MOST_TAG:
            raise Invalid("xml", Finding(self._path(), f"tags of at most {_MOST_TAG} characters"))
        name = tag[2].lower()
        if not tag[1]:
            return self._start(name, inner[tag.end() :], at)
        self._end(name, at)
        return True

    def _cdata(self, at: int) -> int:
        end = self._text.find("]]>", at) if self._is_cdata_closed else -1
        if end < 0:
            self._is_cdata_closed = False
            self._mend(at, "a CDATA section that does not end was opened as text")
            return at + 9
        if len(self._open) > 1:
            self.out.append(escape(self._seen(self._text[at + 9 : end], at), quote=False))
        return end + 3

    def _start(self, name: str, rest: str, at: int) -> bool:
        """Open an element; False where the text only looks like one."""
        grammar = self._grammar
        if name not in grammar.known and name not in self._ended and not rest.rstrip().endswith("/"):
            if name not in _HTML or not self._open:
                return False
            self._mend(at, "HTML within text was left out")
            self.out.append("\n" if name in _LINES else "")
            return True
        if not self._open and name != grammar.root:
            if name not in grammar.known:
                self._mend(at, _OUTSIDE)
                return True
            self._mend(at, f"{grammar.root} was put around the document")
            self._push(grammar.root, "", at)
        elif name == grammar.root and self._open:
            self._close_down_to(1, at)
            self._mend(at, "documents after one another were read as one")
            return True
        if name in grammar.known:
            if name in self._open:
                self._close_down_to(self._open.index(name), at)
            while self._open and self._open[-1] in grammar.leaves:
                self._close_down_to(len(self._open) - 1, at)
        self._push(name, rest.rstrip().removesuffix("/"), at)
        if rest.rstrip().endswith("/"):
            self.out.append(f"</{self._open.pop()}>")
        return True

    def _end(self, name: str, at: int) -> None:
        if name == self._grammar.root and self._open:
            self._close_down_to(1, at)
            self._is_over = True  # its end is written when the text ends: another may follow
        elif name in self._open:
            self._close_down_to(self._open.index(name) + 1, at)
            self.out.append(f"</{self._open.pop()}>")
        elif name in _HTML and self._open:
            self._mend(at, "HTML within text was left out")
        else:
            self._mend(at, "an end without a beginning was passed over" if self._open else _OUTSIDE)

    def _push(self, name: str, rest: str, at: int) -> None:
        self._open.append(name)
        if len(self._open) > MOST_DEPTH:
            raise too_deep()
        self.out.append(f"<{name}{self._attributes(rest, at)}>")

    def _close_down_to(self, depth: int, at: int) -> None:
        while len(self._open) > depth:
            self._mend(at, f"{self._open[-1] if self._open[-1] in self._grammar.known else 'an element'} was closed")
            self.out.append(f"</{self._open.pop()}>")

    def _attributes(self, rest: str, at: int) -> str:
        found: dict[str, str] = {}
        for one in _ATTRIBUTE.finditer(rest):
            name, value = one[1].rpartition(":")[2].lower(), one[2]
            if one[1].lower().startswith("xmlns"):
                continue
            if value is None or not name or name in found:
                self._mend(at, "an attribute without a value, or named twice, was left out")
                continue
            if value[0] in "\"'":
                value = value[1:-1]
            else:
                self._mend(at, "quotes were put around an attribute's value")
                value = value.strip("“”„")
            found[name] = self._referenced(self._seen(value, at), at).replace('"', "&quot;")
        if _ATTRIBUTE.sub("", rest).strip():
            self._mend(at, "what is no attribute was left out")
        return "".join(f' {name}="{value}"' for name, value in found.items())

    def _bare(self, at: int) -> int:
        if self._open:
            self._mend(at, "a bare < was taken as text")
            self.out.append("&lt;")
        else:
            self._mend(at, _OUTSIDE)
        return at + 1

    def _say(self, text: str, at: int) -> None:
        if len(self._open) > 1:
            said = self._referenced(self._seen(text, at), at)
            if "]]>" in said:
                self._mend(at, "the end of a CDATA section that never began was taken as text")
            self.out.append(said.replace(">", "&gt;"))
        elif text.strip("\ufeff \t\r\n"):
            self._mend(at, _OUTSIDE)

    def _seen(self, text: str, at: int) -> str:
        seen = _CONTROL.sub("", text)
        if seen != text:
            self._mend(at, "control characters were left out")
        return seen

    def _referenced(self, text: str, at: int) -> str:
        """The text with references that a parser knows only."""

        def known(found: re.Match[str]) -> str:
            decimal, hexadecimal, name = found.groups()
            if name in _XML:
                return found[0]
            if name and (character := html5.get(f"{name};")):
                self._mend(at, "an entity of HTML was written as its character")
                return escape(character)
            if decimal or hexadecimal:
                number = int(decimal) if decimal else int(hexadecimal, 16)
                if number in {9, 10, 13} or (0x20 <= number <= 0x10FFFF and not _CONTROL.match(chr(number))):  # noqa: PLR2004 - XML 1.0, 2.2
                    return found[0]
                self._mend(at, "control characters were left out")
                return ""
            self._mend(at, "a bare & was taken as text")
            return f"&amp;{found[0][1:]}"

        return _REFERENCE.sub(known, text)

    def _mend(self, at: int, done: str) -> None:
        path = self._path()
        if (path, done) not in self._done and len(self.repairs) < MOST:
            self._done.add((path, done))
            self.repairs.append(Repair(path, self._text.count("\n", 0, at) + 1, done))

    def _path(self) -> str:
        return ".".join(name if name in self._grammar.known else "…" for name in self._open[1:])


def too_deep() -> Invalid:
    """Nobody writes so."""
    return Invalid("xml", Finding("(document)", f"elements within one another at most {MOST_DEPTH} deep"))
