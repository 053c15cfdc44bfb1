"""Read a document that should be XML: strictly if it is, mended if it is not, and never what it refers to."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat  # entities and definitions are refused below, before any is looked at

from contracts.contract import Finding, Invalid
from hub.intake.decoding import decoded
from hub.intake.mending import MOST_DEPTH, Grammar, mended, no_types, too_deep
from hub.intake.repair import Repair, listed

_MOST_ELEMENTS = 50_000


@dataclass(slots=True)
class Element:
    """One element: its name in small letters, its path, and all text in it, that of unknown elements within included."""

    name: str
    path: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its text, without blanks at the ends of lines and without empty lines."""
        lines = (" ".join(line.split()) for line in "".join(self.parts).splitlines())
        return "\n".join(line for line in lines if line)

    @property
    def line(self) -> str:
        """Its text as one line."""
        return " ".join("".join(self.parts).split())

    def all(self, *names: str) -> Iterator["Element"]:
        """The elements at the end of this way of names."""
        for child in self.children:
            if child.name == names[0]:
                yield from child.all(*names[1:]) if names[1:] else (child,)


class Document(NamedTuple):
    """What was read, and what was mended to read it."""

    root: Element
    repairs: list[Repair]


def read(raw: bytes, grammar: Grammar, charset: str = "") -> Document:
    """The document; raises Invalid (`encoding`, `doctype`, `xml`), and nothing else, whatever the bytes are."""
    text, repairs = decoded(raw, charset)
    line = 1
    try:
        root = _parsed(text, grammar)
        if root.name == grammar.root:
            return Document(root, repairs)
    except expat.ExpatError as error:
        line = error.lineno
    except Invalid as wrong:
        if wrong.reason != "xml":
            raise  # what is never closed only looks deep
    better, more = mended(text, grammar)
    try:
        root = _parsed(better, grammar)
    except expat.ExpatError as error:
        raise Invalid("xml", Finding(f"line {line}", f"well-formed XML ({expat.ErrorString(error.code)})")) from None
    return Document(root, listed([*repairs, *more]) or [Repair("", line, "what is no XML was passed over")])


def _parsed(text: str, grammar: Grammar) -> Element:
    """The root; raises ExpatError where the text is no XML."""
    building = _Building(grammar)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = building.start, building.end
    parser.CharacterDataHandler = building.say
    parser.StartDoctypeDeclHandler = building.doctype
    parser.EntityDeclHandler = building.entity
    parser.Parse(text.encode(), True)
    return building.root.children[0]


class _Building:
    def __init__(self, grammar: Grammar) -> None:
        self._grammar, self._count = grammar, 0
        self.root = Element("", "", {})
        self._open, self._places = [self.root], [Counter[str]()]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > MOST_DEPTH:
            raise too_deep()
        if self._count > _MOST_ELEMENTS:
            raise Invalid("xml", Finding("(document)", f"at most {_MOST_ELEMENTS:,} elements"))
        parent, plain = self._open[-1], name.rpartition(":")[2].lower()
        told = plain if plain in self._grammar.known else "…"
        step = f"{told}[{self._places[-1][plain]}]" if plain in self._grammar.many else told
        self._places[-1][plain] += 1
        path = step if len(self._open) <= 2 else f"{parent.path}.{step}"  # noqa: PLR2004 - the root is not part of a path
        element = Element(plain, path, {key.rpartition(":")[2].lower(): value for key, value in attributes.items()})
        parent.children.append(element)
        self._open.append(element)
        self._places.append(Counter())

    def end(self, _name: str) -> None:
        element, _ = self._open.pop(), self._places.pop()
        if element.name not in self._grammar.known:
            self._open[-1].parts += ["\n", *element.parts, "\n"]

    def say(self, text: str) -> None:
        self._open[-1].parts.append(text)

    def doctype(self, _name: str, _system: str | None, _public: str | None, has_definitions: int) -> None:
        if has_definitions:
            raise no_types()

    def entity(self, *_: object) -> None:
        raise no_types()
