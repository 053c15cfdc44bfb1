"""What the hub runs on may be passed on with it: every runtime dependency has a licence that goes with Apache-2.0."""

import re
from email.message import Message
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import cast

import pytest
from packaging.requirements import Requirement

from tests.support import tree

APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
ACCEPTED = {
    "0BSD",
    "APACHE-2.0",
    "BSD-2-CLAUSE",
    "BSD-3-CLAUSE",
    "ISC",
    "MIT",
    "MIT-0",  # MIT that asks for no notice
    "MPL-2.0",  # per file: what we do not change, we need not publish
    "PSF-2.0",
    "POSTGRESQL",
    "UNLICENSE",
}
_WORDS = {
    "APACHE 2": "APACHE-2.0",
    "APACHE SOFTWARE LICENSE": "APACHE-2.0",
    "APACHE LICENSE 2.0": "APACHE-2.0",
    "MIT LICENSE": "MIT",
    "ISC LICENSE": "ISC",
    "ISC LICENSE (ISCL)": "ISC",
    "BSD LICENSE": "BSD-3-CLAUSE",
    "MOZILLA PUBLIC LICENSE 2.0 (MPL 2.0)": "MPL-2.0",
    "PYTHON SOFTWARE FOUNDATION LICENSE": "PSF-2.0",
    "THE UNLICENSE (UNLICENSE)": "UNLICENSE",
}


def is_acceptable(expression: str) -> bool:
    """Whether an SPDX expression can be met with accepted licences: every AND, and one of each OR."""
    try:
        met, rest = _either(re.findall(r"[()]|[^\s()]+", expression.upper()))
    except IndexError:
        return False
    return met and not rest


def _either(tokens: list[str]) -> tuple[bool, list[str]]:
    met, rest = _both(tokens)
    while rest[:1] == ["OR"]:
        other, rest = _both(rest[1:])
        met = met or other
    return met, rest


def _both(tokens: list[str]) -> tuple[bool, list[str]]:
    met, rest = _one(tokens)
    while rest[:1] == ["AND"]:
        other, rest = _one(rest[1:])
        met = met and other
    return met, rest


def _one(tokens: list[str]) -> tuple[bool, list[str]]:
    if tokens[0] != "(":
        return _WORDS.get(tokens[0], tokens[0]) in ACCEPTED, tokens[1:]
    met, rest = _either(tokens[1:])
    return met and rest[0] == ")", rest[1:]


def fault(name: str, told: Message) -> str | None:
    """What is wrong with a distribution's licence, by its own metadata."""
    expression = told.get("License-Expression")
    if expression:
        return None if is_acceptable(expression) else f"{name}: {expression} is not accepted; choose another library, or say why it is"
    listed = [line.split(" :: ")[-1] for line in told.get_all("Classifier") or [] if line.startswith("License ::")]
    words = listed or [(told.get("License") or "nothing said").strip()]
    wrong = [word for word in words if _WORDS.get(word.upper(), word.upper()) not in ACCEPTED]
    return f"{name}: {', '.join(wrong)} is not accepted; choose another library, or say why it is" if wrong else None


def what_it_says(name: str) -> Message:
    """An installed distribution's metadata; its type hides that it is a message."""
    return cast("Message", metadata(name))


def locked(path: Path) -> list[Requirement]:
    """What a lock file names and this platform installs."""
    lines = (line.split(" \\")[0].strip() for line in tree.text(path).splitlines() if re.match(r"[a-z0-9]", line))
    return [wanted for line in lines if (wanted := Requirement(line)).marker is None or wanted.marker.evaluate()]


def test_every_runtime_dependency_has_a_licence_that_goes_with_ours() -> None:
    found = []
    for wanted in locked(Path("requirements/run.txt")):
        try:
            found.append(fault(wanted.name, what_it_says(wanted.name)))
        except PackageNotFoundError:
            found.append(f"{wanted.name}: locked but not installed; make the virtual environment anew")
    assert not any(found), "\n".join(filter(None, found))


def test_ours_is_the_apache_licence_to_the_letter() -> None:
    told = sha256((tree.ROOT / "LICENSE").read_bytes()).hexdigest()
    assert told == APACHE_2, "LICENSE is the unmodified text of the Apache License 2.0: restore it"


@pytest.mark.parametrize("expression", ["GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "LicenseRef-Ours", "", "__import__"])
def test_a_licence_that_does_not_go_with_ours_is_seen(expression: str) -> None:
    assert not is_acceptable(expression)


@pytest.mark.parametrize("expression", ["MIT", "MIT OR GPL-3.0-only", "MPL-2.0 AND (Apache-2.0 OR MIT)"])
def test_a_choice_is_met_by_one(expression: str) -> None:
    assert is_acceptable(expression)


@pytest.mark.parametrize("licence", ["OSI Approved :: GNU General Public License v3 (GPLv3)", "Other/Proprietary License"])
def test_a_classifier_is_read(licence: str) -> None:
    told = what_it_says("pytest")
    del told["License-Expression"]
    told["Classifier"] = f"License :: {licence}"
    assert "not accepted" in (fault("other", told) or "")
