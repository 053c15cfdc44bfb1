"""Nothing in the catalogue stands alone: types, topics, keys, schemas and examples name each other."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import contracts
from contracts import schema
from contracts.catalogue import BY_NAME, LINEAGES, lookup
from contracts.contract import Event, Lineage
from contracts.topics import CATALOGUE, Topic, find

EDITIONS = [(lineage, version) for lineage in LINEAGES for version in range(1, len(lineage.editions) + 1)]


def subclasses(of: type[BaseModel]) -> set[type[BaseModel]]:
    return {of, *(deeper for below in of.__subclasses__() for deeper in subclasses(below))}


def test_every_name_is_taken_once() -> None:
    assert len(BY_NAME) == len(LINEAGES)
    assert len({topic.name for topic in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("lineage", LINEAGES, ids=repr)
def test_every_event_type_is_carried_by_a_topic(lineage: Lineage[Any]) -> None:
    assert any(lineage in topic.types for topic in CATALOGUE)


@pytest.mark.parametrize("topic", CATALOGUE, ids=lambda topic: topic.name)
def test_every_topic_carries_known_types_under_a_key(topic: Topic) -> None:
    assert topic.key
    assert topic.carries
    assert set(topic.types) <= set(LINEAGES)
    assert len(set(topic.types)) == len(topic.types)
    name = topic.of("x-1") if topic.is_per_partner else topic.name
    assert find(name) is topic
    assert find(f"{name}.more") is None


@pytest.mark.parametrize(("lineage", "version"), EDITIONS, ids=repr)
def test_every_edition_has_its_key_its_wire_type_and_its_place(lineage: Lineage[Any], version: int) -> None:
    edition = lineage.editions[version - 1]
    assert lineage.ref_field in edition.model_fields or isinstance(getattr(edition, lineage.ref_field), property)
    assert lookup(f"hub.{lineage.name}.v{version}") == (lineage, version)
    assert edition.__module__.rpartition(".")[2] == f"v{version}"
    assert edition.__doc__


def test_every_event_class_is_an_edition_or_what_editions_are_made_of() -> None:
    editions = {edition for lineage in LINEAGES for edition in lineage.editions}
    ours = {kind for kind in subclasses(Event) if kind.__module__.startswith("contracts.")}
    bases = {
        "Act",
        "Activity",
        "CampaignEvent",
        "ConsumerAct",
        "Event",
        "BaseDatum",
        "WaitEvent",
        "OrderDocument",
        "OrderTerms",
        "AccountPaper",
        "ChargePaper",
        "PaperNews",
    }
    assert {kind.__name__ for kind in ours - editions} == bases


@pytest.mark.parametrize(("lineage", "version"), EDITIONS, ids=repr)
def test_every_edition_has_a_minimal_and_a_full_example(lineage: Lineage[Any], version: int) -> None:
    folder = schema.examples(schema.HOME, lineage.name, version)
    edition = lineage.editions[version - 1]
    minimal, full = (json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in ("minimal", "full"))
    assert set(minimal) == {name for name, field in edition.model_fields.items() if field.is_required()}
    assert set(full) == set(edition.model_fields)
    assert "" not in json.loads(json.dumps(list(full.values())))


def test_examples_hold_invented_people_only() -> None:
    for path in schema.HOME.joinpath("examples").rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        for address in [word for word in text.split('"') if _is_an_address(word)]:
            assert address.endswith(".example"), path
        for number in [word for word in text.split('"') if word.startswith("+")]:
            assert number.startswith("+49 30 23125 "), path


def _is_an_address(word: str) -> bool:
    """What looks like a mail's address; `price-list@2026-05` is a version of a document."""
    return "@" in word and " " not in word and not word.endswith("4711") and not re.search(r"@\d{4}-\d\d$", word)


def test_contracts_import_pydantic_and_the_standard_library_only() -> None:
    allowed = {"pydantic", "pydantic_core", "contracts"}
    for path in Path(contracts.__file__).parent.rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]):
                top = words[1].split(".")[0]
                assert top in allowed or top in sys.stdlib_module_names, f"{path.name}: {line}"


def test_models_refuse_to_change_and_to_guess() -> None:
    ours = {kind for kind in subclasses(BaseModel) if kind.__module__.startswith("contracts.")}
    for kind in ours:
        config = kind.model_config
        assert (config.get("frozen"), config.get("strict"), config.get("extra")) == (True, True, "ignore"), kind
