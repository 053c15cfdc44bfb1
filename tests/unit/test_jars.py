"""Only the jars that the package names by checksum reach the class path."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.errors import HubError
from hub.local import jars
from hub.local.jars import Jar, fetch_jars, pinned_jars

CONTENT = b"the right jar"
WANTED = (Jar("org.example:one:1.0", hashlib.sha256(CONTENT).hexdigest()), Jar("org.example:two:2.0", hashlib.sha256(CONTENT).hexdigest()))


class Repository:
    """Serves every jar with the same content, and counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.content, self.served = CONTENT, 0
        monkeypatch.setattr(jars, "_download", self._download)

    def _download(self, _jar: Jar, staging: Path) -> Path:
        self.served += 1
        path = staging / f"download-{self.served}"
        path.write_bytes(self.content)
        return path


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Repository:
    return Repository(monkeypatch)


def fetch(folder: Path) -> list[str]:
    return [path.name for path in fetch_jars(WANTED, folder, lambda _: None)]


@pytest.mark.parametrize("pinned_in", [jars.PINNED, Path("bench/connect_jars.txt").absolute()], ids=lambda path: path.stem)
def test_every_pinned_jar_has_a_whole_checksum_and_a_name_of_its_own(pinned_in: Path) -> None:
    pinned = pinned_jars(pinned_in)
    assert len({jar.file_name for jar in pinned}) == len(pinned) > 40
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in pinned)


def test_an_archive_with_a_classifier_is_named_as_its_repository_names_it() -> None:
    assert Jar("org.example:one:1.0:plugin:tar.gz", "").file_name == "one-1.0-plugin.tar.gz"


def test_a_jar_with_another_checksum_is_refused_and_not_kept(tmp_path: Path, repository: Repository) -> None:
    repository.content = b"an evil twin"
    with pytest.raises(HubError, match=r"org\.example:one:1\.0: expected a jar with SHA-256"):
        fetch(tmp_path)
    assert not list(tmp_path.glob("*.jar"))


def test_what_is_there_is_not_fetched_again(tmp_path: Path, repository: Repository) -> None:
    assert fetch(tmp_path) == fetch(tmp_path) == ["one-1.0.jar", "two-2.0.jar"]
    assert repository.served == 2


def test_a_damaged_jar_is_fetched_anew(tmp_path: Path, repository: Repository) -> None:
    fetch(tmp_path)
    (tmp_path / "two-2.0.jar").write_bytes(CONTENT[:-1])
    fetch(tmp_path)
    assert (tmp_path / "two-2.0.jar").read_bytes() == CONTENT
    assert repository.served == 3


def test_two_starts_at_once_fetch_each_jar_once(tmp_path: Path, repository: Repository) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(fetch, [tmp_path] * 4))) == 4
    assert repository.served == 2
