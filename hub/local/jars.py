"""Fetch the broker's jars once and trust only those whose checksums this package names."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.errors import HubError, Unavailable
from hub.local.folders import cache_folder

PINNED = Path(__file__).with_name("kafka_jars.txt")
DOWNLOADS_AT_ONCE = 6


@dataclass(frozen=True)
class Jar:
    """One file of a closed set, as `group:artifact:version` or `group:artifact:version:classifier:type`, with its SHA-256."""

    coordinate: str
    sha256: str

    @property
    def file_name(self) -> str:
        """As it lies in the cache."""
        _, artifact, version, classifier, kind = self.parts
        return f"{artifact}-{version}{classifier and f'-{classifier}'}.{kind}"

    @property
    def parts(self) -> tuple[str, str, str, str, str]:
        """Group, artifact, version, classifier (mostly empty), type (mostly `jar`)."""
        group, artifact, version, *rest = self.coordinate.split(":")
        classifier, kind = rest or ("", "jar")
        return group, artifact, version, classifier, kind

    def is_at(self, path: Path) -> bool:
        """Whether this very jar is there, byte for byte."""
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256
        except FileNotFoundError:
            return False


def pinned_jars(pinned: Path = PINNED) -> tuple[Jar, ...]:
    """The closed set: nothing is resolved at run time, so nothing new can slip in."""
    return tuple(Jar(*line.split()) for line in pinned.read_text().splitlines())


def digest_of_pinned(pinned: Path = PINNED) -> str:
    """A short name for exactly this set of jars."""
    return hashlib.sha256(pinned.read_bytes()).hexdigest()[:12]


def fetch_jars(jars: tuple[Jar, ...], folder: Path, on_progress: Callable[[str], None], product: str = "Apache Kafka") -> tuple[Path, ...]:
    """Have every jar in the folder, fetching those that are missing or damaged; raises HubError for one that is not what was pinned.

    Two processes may do this at once: the second waits, then finds the work done. A jar appears in the folder whole or not at all.
    """
    wanted = {jar: folder / jar.file_name for jar in jars}
    if not all(jar.is_at(path) for jar, path in wanted.items()):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock"), tempfile.TemporaryDirectory(dir=folder) as staging:
            missing = [jar for jar, path in wanted.items() if not jar.is_at(path)]
            if missing:
                on_progress(f"fetching {len(missing)} jars of {product} (once)")
            with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
                for jar, fetched in zip(missing, pool.map(lambda jar: _download(jar, Path(staging)), missing), strict=True):
                    if not jar.is_at(fetched):
                        raise HubError(f"{jar.coordinate}: expected a jar with SHA-256 {jar.sha256}, got another one; it was not kept")
                    shutil.move(fetched, wanted[jar])
    return tuple(wanted.values())


def kafka_jars(on_progress: Callable[[str], None] = lambda _: None) -> tuple[Path, ...]:
    """Every jar of the broker, in the user's cache."""
    return fetch_jars(pinned_jars(), cache_folder() / "kafka", on_progress)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, whatever ends it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(jar: Jar, staging: Path) -> Path:
    # Only a first start needs these, and they are slow to import.
    from jgo.maven import MavenContext, PythonResolver
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

    def attempt() -> Path:
        # A repository of its own each time: the user's may be half written by somebody else, the last attempt's by us.
        context = MavenContext(repo_cache=Path(tempfile.mkdtemp(dir=staging)), resolver=PythonResolver(), timeout=30)
        group, artifact, version, classifier, kind = jar.parts
        return Path(context.project(group, artifact).at_version(version).artifact(classifier, kind).resolve())

    retrying = Retrying(
        stop=stop_after_attempt(3), wait=wait_fixed(1), retry=retry_if_exception_type((OSError, RuntimeError)), reraise=True
    )
    try:
        return retrying(attempt)
    except (OSError, RuntimeError) as error:
        raise Unavailable(f"{jar.coordinate} could not be fetched, which the first start needs the network for: {error}") from error
