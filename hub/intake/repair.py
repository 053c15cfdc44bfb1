"""What was mended in a document to read it, told to who sent it."""

from typing import NamedTuple

MOST = 100


class Repair(NamedTuple):
    """One repair: in which element (empty: outside of all), on which line, and what was done. Nothing of the content is quoted."""

    path: str
    line: int
    done: str


def listed(repairs: list[Repair]) -> list[Repair]:
    """Each kind of repair once for each element, in the order of the document; a document that is all faults is not told in full."""
    first = {(one.path, one.done): one for one in reversed(repairs)}
    return sorted(first.values(), key=lambda one: one.line)[:MOST]
