"""Check that the event types, their committed schemas and their examples agree, and that released editions stay as they are."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from contracts import asyncapi, schema
from contracts.catalogue import LINEAGES
from contracts.contract import Invalid, Lineage
from contracts.topics import CATALOGUE, Topic
from hub.errors import HubError, InputError
from hub.operations.compatibility import compare
from hub.operations.schema_change import Change, First, first_of

_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")
REGENERATE = "run `hub contracts generate` and commit the result"


class Problem(NamedTuple):
    """What keeps the check from passing: where it is, and what to do."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Judged:
    """How two schemas of one event type differ; `old` and `new` say which (`v1`, `v2`, `v1 committed`)."""

    name: str
    old: str
    new: str
    changes: tuple[Change, ...]

    @property
    def is_breaking(self) -> bool:
        """Whether bodies that exist are refused, or mean something else."""
        return any(change.is_breaking for change in self.changes)

    @property
    def first(self) -> First:
        """Who deploys first.

        Between editions it is the readers unless the change is none: a reader waits at a version it does not know.
        """
        return First.READERS if self.is_between_editions else first_of(list(self.changes))

    @property
    def is_between_editions(self) -> bool:
        """Whether an older and a newer edition were compared, not one edition before and after."""
        return self.old.split()[0] != self.new.split()[0]


@dataclass(frozen=True, slots=True)
class Report:
    """What the check found."""

    problems: tuple[Problem, ...]
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """A contracts folder with the event types and topics that it should hold."""

    root: Path = schema.HOME
    lineages: Sequence[Lineage[Any]] = LINEAGES
    topics: tuple[Topic, ...] = CATALOGUE

    def editions(self) -> Iterator[tuple[Lineage[Any], int, Path]]:
        """Every edition with the file of its schema."""
        for lineage in self.lineages:
            for version in range(1, len(lineage.editions) + 1):
                yield lineage, version, schema.path(self.root, lineage.name, version)

    @property
    def frozen_file(self) -> Path:
        """Which editions were released: lines as `sha256sum` writes them, from within the folder."""
        return self.root / "schemas" / "FROZEN"

    def frozen(self) -> dict[str, str]:
        """The SHA-256 of each released schema, by its path within `schemas/`; raises InputError for a spoilt file."""
        if not self.frozen_file.exists():
            return {}
        found: dict[str, str] = {}
        for number, line in enumerate(self.frozen_file.read_text(encoding="utf-8").splitlines(), 1):
            match = _LINE.fullmatch(line)
            if match is None:
                raise InputError(f"schemas/FROZEN:{number}", "a line as sha256sum writes it")
            found[match[2]] = match[1]
        return found


def check(package: Package | None = None) -> Report:
    """Compare what is committed with what the code says; nothing is written."""
    package = package or Package()
    judged: list[Judged] = []
    problems = [
        *_schemas(package, judged),
        *_frozen_files(package),
        *_orphans(package),
        *_examples(package),
        *_document(package),
    ]
    for lineage in package.lineages:
        judged.extend(_editions(lineage))
    return Report(tuple(problems), tuple(judged))


def generate(package: Package | None = None) -> list[str]:
    """Write the schemas and the AsyncAPI document; returns the files that changed. A released schema is never written over."""
    package = package or Package()
    frozen, changed = package.frozen(), []
    for lineage, version, path in package.editions():
        wanted = schema.text(schema.every(lineage)[version - 1])
        if _key(package, path) in frozen:
            continue
        if not path.exists() or path.read_text(encoding="utf-8") != wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
            changed.append(str(path.relative_to(package.root)))
    document = package.root / "asyncapi.json"
    wanted = schema.text(asyncapi.document(package.topics))
    if not document.exists() or document.read_text(encoding="utf-8") != wanted:
        document.write_text(wanted, encoding="utf-8")
        changed.append(document.name)
    return changed


def freeze(package: Package | None = None) -> list[str]:
    """Mark every edition as released; returns those that were not yet. Raises HubError while the check fails."""
    package = package or Package()
    problems = check(package).problems
    if problems:
        raise HubError(f"{problems[0].where}: {problems[0].what}; nothing is frozen while the check fails")
    frozen = package.frozen()
    fresh = {_key(package, path): _digest(path) for _, _, path in package.editions() if _key(package, path) not in frozen}
    lines = [f"{digest}  {key}\n" for key, digest in sorted((frozen | fresh).items())]
    package.frozen_file.write_text("".join(lines), encoding="utf-8")
    return sorted(fresh)


def _schemas(package: Package, judged: list[Judged]) -> Iterator[Problem]:
    frozen = package.frozen()
    for lineage, version, path in package.editions():
        where = f"schemas/{_key(package, path)}"
        wanted = schema.every(lineage)[version - 1]
        if not path.exists():
            yield Problem(where, f"is missing: {REGENERATE}")
            continue
        committed = path.read_text(encoding="utf-8")
        if committed == schema.text(wanted):
            continue
        try:
            changes = tuple(compare(json.loads(committed), wanted))
        except ValueError:
            yield Problem(where, f"is no JSON: {REGENERATE}")
            continue
        judged.append(Judged(lineage.name, f"v{version} committed", f"v{version} now", changes))
        if _key(package, path) in frozen:
            yield Problem(where, f"was released, so the code may not change it: write v{len(lineage.editions) + 1} and a lift to it")
        else:
            yield Problem(where, f"differs from the code: {REGENERATE}")


def _frozen_files(package: Package) -> Iterator[Problem]:
    for key, digest in package.frozen().items():
        path = package.root / "schemas" / key
        if not path.exists():
            yield Problem(f"schemas/{key}", "was released and is gone: bring it and its edition back")
        elif _digest(path) != digest:
            yield Problem(f"schemas/{key}", "was released and is not what it was then: bring it back")


def _orphans(package: Package) -> Iterator[Problem]:
    known = {path for _, _, path in package.editions()}
    for path in sorted((package.root / "schemas").rglob("*.json")):
        if path not in known:
            yield Problem(str(path.relative_to(package.root)), "belongs to no edition")
    folders = {schema.examples(package.root, lineage.name, version) for lineage, version, _ in package.editions()}
    for path in sorted((package.root / "examples").rglob("*")):
        if path.is_file() and (path.parent not in folders or path.suffix != ".json"):
            yield Problem(str(path.relative_to(package.root)), "belongs to no edition")


def _examples(package: Package) -> Iterator[Problem]:
    for lineage, version, _ in package.editions():
        folder = schema.examples(package.root, lineage.name, version)
        files = sorted(folder.glob("*.json"))
        if not files:
            yield Problem(str(folder.relative_to(package.root)), "has no example: keep at least a minimal and a full one")
        for path in files:
            where = str(path.relative_to(package.root))
            try:
                body = lineage.decode(version, path.read_bytes())
            except Invalid as wrong:
                yield Problem(where, str(wrong))
            except Exception as error:  # noqa: BLE001 - a lift is code under check, whatever it raises
                yield Problem(where, f"cannot be lifted to v{len(lineage.editions)}: {error!r}")
            else:
                if type(body) is not lineage.body:
                    yield Problem(where, f"is lifted to {type(body).__name__}, which is not the current edition")


def _document(package: Package) -> Iterator[Problem]:
    path = package.root / "asyncapi.json"
    if not path.exists() or path.read_text(encoding="utf-8") != schema.text(asyncapi.document(package.topics)):
        yield Problem(path.name, f"differs from the catalogue: {REGENERATE}")


def _editions(lineage: Lineage[Any]) -> Iterator[Judged]:
    """Every older edition against every newer one: what is benign from each to the next may add up."""
    schemas = schema.every(lineage)
    for new in range(1, len(schemas)):
        for old in range(new):
            changes = tuple(compare(schemas[old], schemas[new]))
            yield Judged(lineage.name, f"v{old + 1}", f"v{new + 1}", changes)


def _key(package: Package, path: Path) -> str:
    return path.relative_to(package.root / "schemas").as_posix()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
