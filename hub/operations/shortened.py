"""Ids as an operator types them: by their beginning, though not by next to nothing."""

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from hub.errors import InputError

T = TypeVar("T")
_ID = re.compile(r"[0-9a-fA-F-]{4,36}\Z")


class Shortened(NamedTuple):
    """What has such an id, and the words that list it."""

    what: str
    words: str

    def check(self, name: str) -> None:
        """Raises InputError for what is not the beginning of an id."""
        if not _ID.match(name):
            raise InputError("ID", f"at least four characters of the id of {self.what} ({self.words})", name)

    def only(self, found: Sequence[T], name: str) -> T:
        """The only one found; raises InputError where none has an id that begins so, or several have."""
        if len(found) != 1:
            raise InputError("ID", "more of an id: several begin so" if found else f"{self.what} ({self.words})", name)
        return found[0]
