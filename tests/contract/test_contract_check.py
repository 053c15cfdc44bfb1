"""The check of the contracts sees every planted fault, and a released edition stays as it is."""

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from contracts import schema
from contracts.catalogue import BY_NAME
from contracts.contract import Event, Invalid, Lineage
from contracts.topics import Topic
from contracts.values import Count, Line, Money, Ref
from hub.errors import HubError, InputError
from hub.operations.contracts import Package, check, freeze, generate
from hub.operations.schema_change import First

AT = "2026-05-04T09:30:00Z"


class TastedV1(Event):
    """Somebody tasted a wine."""

    wine: Ref
    taster: Line
    points: Annotated[int, Field(ge=0, le=20)]
    price_euro: Count | None = None


class TastedV2(Event):
    """Somebody tasted a wine, out of a hundred points."""

    wine: Ref
    taster: Line
    points: Annotated[int, Field(ge=0, le=100)]
    price: Money | None = None


class TastedV3(Event):
    """Somebody tasted a wine, and said how."""

    wine: Ref
    taster: Line
    points: Annotated[int, Field(ge=0, le=100)]
    price: Money | None = None
    way: Literal["blind", "open", "unknown"]


def v1_to_v2(old: TastedV1) -> TastedV2:
    price = None if old.price_euro is None else Money(minor=old.price_euro * 100, currency="EUR")
    return TastedV2(occurred_at=old.occurred_at, wine=old.wine, taster=old.taster, points=old.points * 5, price=price)


def v2_to_v3(old: TastedV2) -> TastedV3:
    return TastedV3(**dict(old), way="unknown")


def lineage(*editions: type[Event], lifts: tuple[Callable[[Any], Event], ...] = ()) -> Lineage[Any]:
    return Lineage("wine.tasted", *editions, kind="wine", lifts=lifts)


def package(root: Path, one: Lineage[Any]) -> Package:
    return Package(root, (one,), (Topic("hub.wine", "tastings", "hub", "wine", (one,), retention=timedelta(days=1)),))


BODY = {"occurred_at": AT, "wine": "W-1", "taster": "Ada Lind", "points": 17, "price_euro": 12}
BODIES = [BODY, BODY | {"points": 85, "price": {"minor": 1200, "currency": "EUR"}}, BODY | {"way": "blind"}]
V1 = lineage(TastedV1)
V3 = lineage(TastedV1, TastedV2, TastedV3, lifts=(v1_to_v2, v2_to_v3))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder in which v1 is complete."""
    write_examples(tmp_path, 1)
    generate(package(tmp_path, V1))
    assert problems(tmp_path, V1) == []
    return tmp_path


def write_examples(root: Path, *versions: int) -> None:
    for version in versions:
        folder = schema.examples(root, "wine.tasted", version)
        folder.mkdir(parents=True, exist_ok=True)
        folder.joinpath("full.json").write_text(json.dumps(BODIES[version - 1]), encoding="utf-8")


def problems(root: Path, one: Lineage[Any]) -> list[str]:
    return [problem.where for problem in check(package(root, one)).problems]


def changed(base: type[Event], **fields: Any) -> Lineage[Any]:
    """The lineage with other fields in its only edition."""
    body: dict[str, Any] = {
        "__annotations__": {name: kind for name, (kind, _) in fields.items()},
        "__module__": __name__,
        "__doc__": base.__doc__,
    }
    return lineage(type(base.__name__, (base,), body | {name: default for name, (_, default) in fields.items() if default is not ...}))


def test_what_is_committed_is_right() -> None:
    assert check().problems == ()


def test_before_the_release_a_change_is_shown_and_a_regeneration_settles_it(root: Path) -> None:
    other = changed(TastedV1, points=(Annotated[int, Field(ge=5, le=20)], ...))
    report = check(package(root, other))
    [judged] = report.judged
    [change] = judged.changes
    assert (judged.old, judged.new, judged.is_breaking, judged.first) == ("v1 committed", "v1 now", True, First.WRITERS)
    assert change.path == "points"
    assert "5" in change.reason
    assert [problem.where for problem in report.problems] == ["schemas/wine.tasted/v1.json"]
    assert generate(package(root, other)) == ["schemas/wine.tasted/v1.json"]
    assert problems(root, other) == []


@pytest.mark.parametrize(
    "other",
    [
        changed(TastedV1, points=(Annotated[int, Field(ge=5, le=20)], ...)),
        changed(TastedV1, points=(Annotated[int, Field(ge=0, le=21)], ...)),
        changed(TastedV1, vintage=(Count | None, None)),
        changed(TastedV1, taster=(Ref, ...)),
        changed(TastedV1, price_euro=(Count | None, 0)),
    ],
    ids=["narrower", "wider", "optional field", "type", "default"],
)
def test_after_the_release_no_change_is_settled(root: Path, other: Lineage[Any]) -> None:
    assert freeze(package(root, V1)) == ["wine.tasted/v1.json"]
    assert problems(root, V1) == []
    before = schema.path(root, "wine.tasted", 1).read_bytes()
    assert problems(root, other) == ["schemas/wine.tasted/v1.json"]
    assert generate(package(root, other)) == []
    assert schema.path(root, "wine.tasted", 1).read_bytes() == before
    assert problems(root, other) == ["schemas/wine.tasted/v1.json"]
    with pytest.raises(HubError, match="nothing is frozen"):
        freeze(package(root, other))


def test_words_are_part_of_what_was_released(root: Path) -> None:
    freeze(package(root, V1))
    other = changed(TastedV1)
    other.editions[0].__doc__ = "Somebody spat out a wine."
    other.editions[0].model_rebuild(force=True)
    assert "schemas/wine.tasted/v1.json" in problems(root, other)


def test_a_released_schema_cannot_be_edited_or_removed(root: Path) -> None:
    freeze(package(root, V1))
    path = schema.path(root, "wine.tasted", 1)
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert set(problems(root, V1)) == {"schemas/wine.tasted/v1.json"}
    path.unlink()
    assert set(problems(root, V1)) == {"schemas/wine.tasted/v1.json"}


def test_a_released_schema_cannot_be_changed_together_with_its_code(root: Path) -> None:
    freeze(package(root, V1))
    other = changed(TastedV1, vintage=(Count | None, None))
    schema.path(root, "wine.tasted", 1).write_text(schema.text(schema.every(other)[0]), encoding="utf-8")
    [problem] = check(package(root, other)).problems
    assert (problem.where, "not what it was then" in problem.what) == ("schemas/wine.tasted/v1.json", True)


def test_frozen_lines_are_those_of_sha256sum(root: Path) -> None:
    freeze(package(root, V1))
    digest = hashlib.sha256(schema.path(root, "wine.tasted", 1).read_bytes()).hexdigest()
    assert (root / "schemas" / "FROZEN").read_text(encoding="utf-8") == f"{digest}  wine.tasted/v1.json\n"
    assert freeze(package(root, V1)) == []


def test_a_spoilt_list_of_what_is_frozen_is_a_clear_error(root: Path) -> None:
    (root / "schemas" / "FROZEN").write_text("wine.tasted/v1.json\n", encoding="utf-8")
    with pytest.raises(InputError, match="FROZEN:1: expected a line"):
        check(package(root, V1))


def test_a_new_edition_may_follow_a_released_one(root: Path) -> None:
    freeze(package(root, V1))
    assert "examples/wine.tasted/v3" in problems(root, V3)
    write_examples(root, 2, 3)
    generate(package(root, V3))
    assert problems(root, V3) == []
    assert freeze(package(root, V3)) == ["wine.tasted/v2.json", "wine.tasted/v3.json"]


def test_every_older_edition_is_judged_against_every_newer_one(root: Path) -> None:
    judged = {(one.old, one.new): one for one in check(package(root, V3)).judged}
    assert judged.keys() == {("v1", "v2"), ("v1", "v3"), ("v2", "v3")}
    assert {change.path for change in judged["v1", "v2"].changes} == {"points", "price_euro", "price"}
    assert {change.path for change in judged["v2", "v3"].changes} == {"way"}
    assert {change.path for change in judged["v1", "v3"].changes} == {"points", "price_euro", "price", "way"}
    assert (judged["v1", "v2"].is_breaking, judged["v1", "v3"].is_breaking) == (False, True)
    assert {one.first for one in judged.values()} == {First.READERS}


def test_bodies_of_every_version_are_lifted_to_the_current_one() -> None:
    lifted = [V3.decode(version, json.dumps(BODIES[version - 1]).encode()) for version in (1, 2, 3)]
    assert [(body.points, body.way) for body in lifted] == [(85, "unknown"), (85, "unknown"), (17, "blind")]
    assert lifted[0] == lifted[1]
    assert V3.wire == "hub.wine.tasted.v3"
    with pytest.raises(Invalid):
        V3.decode(1, json.dumps(BODIES[0] | {"points": 85}).encode())


def test_a_lineage_needs_a_lift_between_two_editions() -> None:
    with pytest.raises(TypeError, match="2 lifts"):
        lineage(TastedV1, TastedV2, TastedV3, lifts=(v1_to_v2,))


@pytest.mark.parametrize("lift", [lambda old: TastedV2(**dict(old), points=1), lambda old: {}[old], lambda old: old])
def test_a_lift_that_fails_is_seen(root: Path, lift: Callable[[Any], Event]) -> None:
    broken = lineage(TastedV1, TastedV2, lifts=(lift,))
    write_examples(root, 2)
    generate(package(root, broken))
    assert problems(root, broken) == ["examples/wine.tasted/v1/full.json"]


@pytest.mark.parametrize(
    "name",
    ["schemas/wine.tasted/v2.json", "schemas/beer.tasted/v1.json", "examples/wine.tasted/v2/full.json", "examples/wine.tasted/x.json"],
)
def test_orphans_are_seen(root: Path, name: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}", encoding="utf-8")
    assert problems(root, V1) == [name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("examples/wine.tasted/v1/full.json", '{"wine": 1}'),
        ("schemas/wine.tasted/v1.json", "no json"),
        ("asyncapi.json", "{}"),
    ],
)
def test_spoilt_files_are_seen(root: Path, name: str, text: str) -> None:
    root.joinpath(name).write_text(text, encoding="utf-8")
    assert problems(root, V1) == [name]
    generate(package(root, V1))
    assert (problems(root, V1) == []) == (not name.startswith("examples"))


@pytest.mark.parametrize("name", ["examples/wine.tasted/v1", "schemas/wine.tasted/v1.json", "asyncapi.json"])
def test_missing_files_are_seen(root: Path, name: str) -> None:
    path = root / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert problems(root, V1) == [name]


def test_a_change_of_the_real_contracts_is_seen(tmp_path: Path) -> None:
    shutil.copytree(schema.HOME, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = schema.path(tmp_path, "opportunity.lost", 1)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["required"].remove("competitor")
    path.write_text(schema.text(document), encoding="utf-8")
    report = check(Package(tmp_path))
    [judged] = report.judged
    assert [(change.path, change.is_breaking) for change in judged.changes] == [("competitor", True)]
    assert [problem.where for problem in report.problems] == ["schemas/opportunity.lost/v1.json"]
    assert judged.name in BY_NAME
