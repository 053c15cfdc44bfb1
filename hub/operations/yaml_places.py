"""Read YAML so that every value knows the line it stands on."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from hub.errors import InputError

Place = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """As YAML 1.2 reads: Norway (`NO`) is not false, and the clock 20:00 is no number of sixties."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as the class above has it
        first: [one for one in resolvers if one[0] not in {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9_]*)\Z"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z"), list("-+.0123456789")
)


class Document(NamedTuple):
    """One document's value, the line of each of its places, and the names that a mapping has twice."""

    value: Any
    lines: dict[Place, int]
    repeated: list[tuple[Place, int]]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it that is written down."""
        return next(self.lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in self.lines)


def text_of(path: Path) -> str:
    """What stands in a file; raises InputError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"a YAML file in UTF-8 that can be read ({getattr(error, 'strerror', None) or error})") from None


def documents(text: str, name: str) -> Iterator[Document]:
    """The documents of a file; raises InputError with the line where it is no YAML."""
    try:
        loader = _Loader(text)
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                yield Document(loader.construct_document(node), dict(_lines(node)), list(_repeated(node)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(f"{name}:{mark.line + 1}" if mark else name, f"YAML ({getattr(error, 'problem', None) or error})") from None
    except ValueError as error:  # such as the 30th of February, written bare
        raise InputError(name, f"values as YAML has them ({error})") from None


def written(place: Place) -> str:
    """A place as people write it: `product[2].list_price`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".") or "file"


def _lines(node: yaml.Node, place: Place = ()) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*place, key.value))
            yield (*place, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            yield from _lines(value, (*place, at))


def _repeated(node: yaml.Node, place: Place = ()) -> Iterator[tuple[Place, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield (*place, key.value), key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated(value, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            yield from _repeated(value, (*place, at))
