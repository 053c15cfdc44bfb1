"""`hub contracts …` says what a partner needs: lists, fields, verdicts by field path, exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts import schema
from contracts.catalogue import LINEAGES
from hub.cli.contracts import app
from hub.errors import InputError

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/dealers/ber-01",
    "type": "hub.opportunity.lost.v1",
    "data": json.loads(schema.examples(schema.HOME, "opportunity.lost", 1).joinpath("full.json").read_text(encoding="utf-8")),
}
BAD = EVENT | {"id": "e-2", "data": EVENT["data"] | {"stage": "NO STAGE", "competitor": 7}}
FUTURE = EVENT | {"type": "hub.opportunity.lost.v9"}


def say(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, words)
    if isinstance(result.exception, InputError):
        raise result.exception
    return result.exit_code, result.output


def verdicts(path: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(say("validate", str(path), "--json", *words)[1])
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.json"


def test_every_type_is_listed() -> None:
    code, output = say("list", "--json")
    assert code == 0
    assert [told["type"] for told in json.loads(output)] == [lineage.wire for lineage in LINEAGES]
    assert "hub.lead.received.v1" in say("list")[1]


@pytest.mark.parametrize("lineage", LINEAGES, ids=repr)
def test_every_type_is_shown(lineage: Any) -> None:
    told = json.loads(say("show", lineage.name, "--json")[1])
    assert {field["path"] for field in told["fields"]} >= set(lineage.body.model_fields)
    assert told["topics"]
    lineage.decode(1, told["example"].encode())
    assert lineage.wire in say("show", lineage.wire)[1]


def test_fields_of_nested_objects_are_shown_by_path() -> None:
    told = {field["path"]: field for field in json.loads(say("show", "sales_model.recorded", "--json")[1])["fields"]}
    assert told["stages[].probability"]["range"] == "≥ 0, ≤ 100"
    assert told["stages"]["type"] == "list of Stage"
    assert (told["id"]["required"], told["retired"]["required"]) == (True, False)


@pytest.mark.parametrize("name", ["lead.recieved", "nothing", "", "hub.lead.received.v9"])
def test_an_unknown_type_is_a_clear_error(name: str) -> None:
    with pytest.raises(InputError, match="TYPE: expected"):
        say("show", name)


def test_one_event_is_judged(file: Path) -> None:
    file.write_text(json.dumps(EVENT, indent=2), encoding="utf-8")
    assert say("validate", str(file)) == (0, "1: hub.opportunity.lost.v1 e-1: valid, key OPP-2042\n")


@pytest.mark.parametrize(
    "write", [json.dumps, lambda events: "\n".join(json.dumps(event) for event in events) + "\n\n"], ids=["array", "lines"]
)
def test_many_events_are_judged_one_by_one(file: Path, write: Any) -> None:
    file.write_text(write([EVENT, BAD, FUTURE, 7]), encoding="utf-8")
    assert say("validate", str(file))[0] == 1
    found = verdicts(file)
    assert [(one["place"], one["is_valid"], one["reason"]) for one in found] == [
        (1, True, ""),
        (2, False, "schema"),
        (3, False, "newer_version"),
        (4, False, "envelope"),
    ]
    assert [fault["path"] for fault in found[1]["faults"]] == ["stage", "competitor"]


def test_a_bare_body_is_judged_by_its_type(file: Path) -> None:
    file.write_text(json.dumps(EVENT["data"]), encoding="utf-8")
    assert verdicts(file, "--type", "opportunity.lost")[0]["is_valid"]
    [verdict] = verdicts(file, "--type", "hub.lead.received.v1")
    assert [fault["path"] for fault in verdict["faults"]] == ["lead", "name"]


@pytest.mark.parametrize("text", ["{", "no json", '{"id": 1}\nno json', "\ufeff{}", '{"a": 1, "a": 2}', "[" * 100_000, "\0"])
def test_what_is_no_event_is_a_verdict_too(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    assert say("validate", str(file))[0] == 1
    assert all(one["reason"] == "envelope" and one["faults"] for one in verdicts(file))


def test_values_are_never_repeated(file: Path) -> None:
    file.write_text(json.dumps(EVENT | {"data": EVENT["data"] | {"stage": "Erika Mustermann"}}), encoding="utf-8")
    assert "Erika" not in say("validate", str(file))[1]


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_file_without_records_is_a_clear_error(file: Path, content: str | None) -> None:
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="expected"):
        say("validate", str(file))


def test_an_array_that_says_two_things_is_a_clear_error(file: Path) -> None:
    file.write_text('[{"id": 1, "id": 2}]', encoding="utf-8")
    with pytest.raises(InputError, match=r"0\.id: expected each field once"):
        say("validate", str(file))


def test_the_check_passes_and_fails_with_exit_codes(tmp_path: Path) -> None:
    assert say("check")[0] == 0
    code, output = say("check", "--root", str(tmp_path), "--json")
    assert code == 1
    assert len(json.loads(output)["problems"]) > len(LINEAGES)
    assert say("generate", "--root", str(tmp_path))[0] == 0
    assert "has no example" in say("check", "--root", str(tmp_path))[1]
    with pytest.raises(InputError, match="--root"):
        say("check", "--root", str(tmp_path / "nowhere"))


def test_what_a_verdict_expects_reads_after_the_word_expected(file: Path) -> None:
    data = {key: value for key, value in EVENT["data"].items() if key != "stage"} | {
        "revision": 0,
        "competitor": 7,
        "opportunity": "x" * 101,
    }
    file.write_text(json.dumps(EVENT | {"data": data}), encoding="utf-8")
    assert {told["path"]: told["expected"] for told in verdicts(file)[0]["faults"]} == {
        "stage": "a value: the field is required",
        "revision": "a value greater than or equal to 1",
        "competitor": "a valid string",
        "opportunity": "at most 100 characters",
    }
