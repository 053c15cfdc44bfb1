"""The AsyncAPI document is valid, whole and the hub's own view."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from contracts import asyncapi, schema
from contracts.catalogue import LINEAGES
from contracts.topics import CATALOGUE

VENDOR = Path(__file__).parent / "vendor"
SUMS = {
    "asyncapi-3.0.0.schema.json": "d4571a420e6ffb7fcc7066c95a6db1202f299a3c51daa103d0706bf30f95e626",
    "asyncapi.LICENSE": "43070e2d4e532684de521b885f385d0841030efa2b1a20bafb76133a5e1379c1",
    "asyncapi.NOTICE": "4f0425a69113106423aa95eded6c30811cb65898743b8da6dedf5b331e23a599",
}
"""What was vendored: the AsyncAPI Initiative's schema of version 3.0.0, Apache-2.0, from its package `@asyncapi/specs` 6.11.1."""


@pytest.fixture
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((schema.HOME / "asyncapi.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def official() -> Any:
    return jsonschema_rs.validator_for(json.loads((VENDOR / "asyncapi-3.0.0.schema.json").read_text(encoding="utf-8")))


def test_what_is_vendored_is_what_was_published() -> None:
    for name, digest in SUMS.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_the_official_schema_accepts_it(document: dict[str, Any], official: Any) -> None:
    assert [f"{list(error.instance_path)}: {error.message}" for error in official.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("asyncapi",), "2.0.0"),
        (("channels", "hub_crm", "bindings", "kafka", "partitions"), 0),
        (("operations", "send_hub_crm", "action"), "publish"),
        (("components", "securitySchemes", "scram", "type"), "password"),
        (("servers", "kafka", "protocol"), 7),
    ],
)
def test_the_official_schema_sees_what_is_wrong(document: dict[str, Any], official: Any, path: tuple[str, ...], value: object) -> None:
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    assert path[-1] in at
    at[path[-1]] = value
    assert not official.is_valid(document)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = list(_references(document))
    assert len(references) > 100
    for reference in references:
        file, _, pointer = reference.partition("#")
        at: Any = json.loads((schema.HOME / file).read_text(encoding="utf-8")) if file else document
        for step in pointer.strip("/").split("/") if pointer else ():
            at = at[step]
        assert at


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [reference for part in node.values() for reference in _references(part)]
    if isinstance(node, list):
        return [reference for part in node for reference in _references(part)]
    return []


def test_every_topic_and_type_is_told(document: dict[str, Any]) -> None:
    assert {channel["address"] for channel in document["channels"].values()} == {topic.name for topic in CATALOGUE}
    assert set(document["components"]["messages"]) == {lineage.wire for lineage in LINEAGES}
    assert len(document["operations"]) == len(CATALOGUE)


def test_the_hub_sends_what_it_owns_and_receives_the_rest() -> None:
    operations = asyncapi.document()["operations"]
    for topic in CATALOGUE:
        word = "send" if topic.owner == "hub" else "receive"
        assert any(
            operation["action"] == word and name.startswith(word) and name.endswith(topic.name.replace("{id}", "id").replace(".", "_"))
            for name, operation in operations.items()
        ), topic.name


def test_partners_are_parameters(document: dict[str, Any]) -> None:
    for channel in document["channels"].values():
        assert ("{id}" in channel["address"]) == ("parameters" in channel)
