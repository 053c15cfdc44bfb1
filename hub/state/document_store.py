"""Files of sales documents, kept by what they are: the name of each is its SHA-256, so that nothing can change under a version."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

_BLOCK = 1 << 20


class Measured(NamedTuple):
    """What a file is, whatever it is called."""

    sha256: str
    size: int


class DocumentStore:
    """A folder that whoever adds documents and whoever sends them can reach."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, file: Path) -> Measured:
        """Copy a file in, if it is not there yet; it is there whole or not at all."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest, size = sha256(), 0
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".coming-")
        try:
            with os.fdopen(descriptor, "wb") as copy, file.open("rb") as source:
                while block := source.read(_BLOCK):
                    digest.update(block)
                    size += len(block)
                    copy.write(block)
                copy.flush()
                os.fsync(copy.fileno())
            place = self._place(digest.hexdigest())
            place.parent.mkdir(mode=0o700, exist_ok=True)
            Path(name).replace(place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return Measured(digest.hexdigest(), size)

    def find(self, digest: str) -> Path | None:
        """The file of that SHA-256; None where it is not kept here."""
        place = self._place(digest)
        return place if place.is_file() else None

    def _place(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def measure(file: Path) -> Measured:
    """What a file is, without keeping it."""
    digest, size = sha256(), 0
    with file.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return Measured(digest.hexdigest(), size)
