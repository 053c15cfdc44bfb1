"""What a process logs: one JSON object a line off a terminal, whoever says it, and never the words of an error."""

import json
import logging

import pytest

from hub.telemetry import configure_logs, log


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    configure_logs("info")


def test_the_hub_and_its_libraries_log_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.info("record.handled", outcome="handled")
    logging.getLogger("some.library").error("the broker at %s is away", "127.0.0.1:1")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["outcome"]) == ("record.handled", "handled")
    assert (theirs["event"], theirs["logger"], theirs["line"]) == ("library.logged", "some.library", "the broker at 127.0.0.1:1 is away")


def test_an_error_is_told_by_type_and_place_never_by_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    person = "ada" + "@firma.example"
    try:
        int(person)
    except ValueError:
        log.exception("batch.failed")
        logging.getLogger("some.library").exception("it failed")
    ours, theirs = capsys.readouterr().err.splitlines()
    assert json.loads(ours)["exception"].endswith("ValueError")
    assert json.loads(theirs)["line"].endswith("ValueError")
    assert person not in ours + theirs
