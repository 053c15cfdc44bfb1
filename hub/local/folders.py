"""Where the embedded stack keeps what it downloads and what it remembers."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import InputError

NAME = "dealer-hub"


def cache_folder() -> Path:
    """What can be downloaded or made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / NAME


def config_folder() -> Path:
    """What a person sets down for themselves."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / NAME


def state_folder() -> Path:
    """What `hub up` keeps from one start to the next, unless told another place.

    Root's home is closed to the ordinary user that PostgreSQL runs as, so root's state lives where services keep theirs.
    """
    if os.environ.get("XDG_STATE_HOME"):
        return Path(os.environ["XDG_STATE_HOME"]) / NAME
    return Path("/var/lib", NAME) if is_root() else Path.home() / ".local/state" / NAME


def is_root() -> bool:
    """Whether this process may, and for PostgreSQL must, become somebody else."""
    return os.geteuid() == 0


def make_enterable(folder: Path) -> None:
    """Make a folder that is ours alone, or, for root, that others may pass but not list; InputError where a parent is closed to them."""
    if is_root():
        for place in (folder, *folder.parents):
            if place.exists() and not place.stat().st_mode & stat.S_IXOTH:
                raise InputError(str(folder), f"a folder that others may enter, as root runs PostgreSQL as nobody ({place} is closed)")
    folder.mkdir(mode=0o711 if is_root() else 0o700, parents=True, exist_ok=True)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one run that root and nobody can both use, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"{NAME}-"))
    folder.chmod(0o711)  # mkdtemp's 0700 would shut out the user that PostgreSQL runs as
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # a killed server may still be dropping its last files


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that only its owner may read, all at once: a reader sees the old text or the new."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    Path(name).replace(path)
