"""A print batch: letters, their addresses and a manifest in one folder, which is there whole or not at all."""

import csv
import io
import json
import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from hub.channels.parcel import Enclosure, Letter
from hub.channels.wording.letter import MOST_LINES

MANIFEST, ADDRESSES = "manifest.json", "addresses.csv"
_MAKING = ".making-"


def commit(folder: Path, name: str, letters: Sequence[tuple[str, Letter]], at: datetime) -> None:
    """Lay a batch down: whoever sees `folder/name` sees all of it. `letters` are by delivery.

    Raises OSError; then it is not there, unless the folder's own record of it could not be written any more.
    """
    making, done = folder / f"{_MAKING}{name}", folder / name
    making.mkdir(parents=True, mode=0o700)
    try:
        listed, enclosures = list[dict[str, object]](), dict[str, Enclosure]()
        for number, (delivery, letter) in enumerate(letters, 1):
            file = f"{number:05}.pdf"
            _write(making / file, letter.pdf)
            entry = {"file": file, "delivery": delivery, "bytes": len(letter.pdf), "sha256": sha256(letter.pdf).hexdigest()}
            listed.append(entry | ({"encloses": [one.document for one in letter.enclosures]} if letter.enclosures else {}))
            enclosures |= {one.document: one for one in letter.enclosures}
        for file, pdf in {_file(one): one.pdf for one in enclosures.values()}.items():
            _write(making / file, pdf)
        addresses = _addresses(letters)
        _write(making / ADDRESSES, addresses)
        manifest = {
            "batch": name,
            "made_at": at.isoformat(),
            "letters": len(letters),
            "bytes": sum(len(letter.pdf) for _, letter in letters),
            "addresses": {"file": ADDRESSES, "sha256": sha256(addresses).hexdigest()},
            "files": listed,
            "enclosures": [
                {"document": name, "file": _file(one), "bytes": len(one.pdf), "sha256": one.sha256} for name, one in enclosures.items()
            ],
        }
        _write(making / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False).encode())
        _sync(making)
        making.rename(done)
    except OSError:
        shutil.rmtree(making, ignore_errors=True)
        raise
    _sync(folder)


def faults(batch: Path) -> list[str]:
    """What is wrong with a batch as it lies there: missing, added or altered files, and what cannot be read; none where it is as committed.

    Raises OSError, ValueError, KeyError or TypeError where its manifest is not as it was committed.
    """
    manifest = json.loads((batch / MANIFEST).read_text())
    wanted = {entry["file"]: entry["sha256"] for entry in [*manifest["files"], *manifest.get("enclosures", ()), manifest["addresses"]]}
    there = {path.name: _seen(path) for path in batch.iterdir() if path.name != MANIFEST}
    wrong = [f"{name}: expected a file of the manifest" for name in sorted(there.keys() - wanted.keys())]
    wrong += [f"{name}: expected to be there" for name in sorted(wanted.keys() - there.keys())]
    for name in sorted(wanted.keys() & there.keys()):
        seen = there[name]
        if isinstance(seen, OSError):
            wrong.append(f"{name}: expected a file that can be read ({seen.strerror})")
        elif seen != wanted[name]:
            wrong.append(f"{name}: expected the content of the manifest's checksum")
    if manifest["letters"] != len(manifest["files"]):
        wrong.append(f"letters: expected {len(manifest['files'])}")
    return wrong


def _seen(path: Path) -> str | OSError:
    """The checksum of a file, or why it cannot be read."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return error


def _file(one: Enclosure) -> str:
    """Its file in the batch, where each lies once: by what it is, as two may be called alike."""
    return f"enclosure-{one.sha256[:16]}.pdf"


def _addresses(letters: Sequence[tuple[str, Letter]]) -> bytes:
    """The address file: one row per letter, for the printer's own checks."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(["file", "delivery", *(f"line_{at}" for at in range(1, MOST_LINES + 1))])
    for number, (delivery, letter) in enumerate(letters, 1):
        lines = [_cell(line) for line in letter.lines[:MOST_LINES]]
        rows.writerow([f"{number:05}.pdf", delivery, *lines, *[""] * (MOST_LINES - len(lines))])
    return out.getvalue().encode("utf-8-sig")


def _cell(text: str) -> str:
    """A line that a spreadsheet would take for a formula is shown as the text that it is."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
