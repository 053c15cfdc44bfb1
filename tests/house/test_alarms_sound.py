"""Each alarm sounds in a case of deploy/monitoring/alerts_test.yaml, which Prometheus' own promtool plays where there is one."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from tests.house.test_monitoring import ALERTS, known, rules
from tests.support import tree

CASES = Path("deploy/monitoring/alerts_test.yaml")
_SOUNDS = re.compile(r'alertname="(\w+)"')


def cases() -> list[dict[str, Any]]:
    """Every case: series, and which alarms sound."""
    return list(yaml.safe_load(tree.text(CASES))["tests"])


def sounding(case: dict[str, Any]) -> set[str]:
    """The alarms that a case expects."""
    return {
        name for asked in case["promql_expr_test"] for sample in asked.get("exp_samples", ()) for name in _SOUNDS.findall(sample["labels"])
    }


def strange_series(case: dict[str, Any]) -> list[str]:
    """Series of a case that no process of the hub has."""
    metrics, found = known(), []
    for series in case["input_series"]:
        selector = promql_parser.parse(series["series"])
        labels = {matcher.name for matcher in selector.matchers.matchers}
        if selector.name not in metrics or set(metrics[selector.name]) != labels:
            found.append(series["series"])
    return found


def test_each_alarm_sounds_in_a_case() -> None:
    assert {name for case in cases() for name in sounding(case)} == {rule["alert"] for rule in rules()}, (
        f"{CASES}: a case for each of {ALERTS}"
    )


def test_a_hub_that_works_is_silent_about_all_of_it() -> None:
    (silent,) = (case for case in cases() if not sounding(case))
    heard = {promql_parser.parse(series["series"]).name for series in silent["input_series"]}
    asked = {name for rule in rules() for name in re.findall(r"\bhub_\w+", rule["expr"])}
    assert heard == asked, f"{CASES}: what an alarm asks for is there, and as it should be"


def test_the_cases_have_only_what_is_measured() -> None:
    assert [series for case in cases() for series in strange_series(case)] == []


def test_a_series_that_nobody_has_is_seen() -> None:
    wrong = [{"series": 'hub_readi{consumer="relay"}'}, {"series": 'hub_ready{pod="a"}'}, {"series": "hub_ready"}]
    assert strange_series({"input_series": [*wrong, {"series": 'hub_ready{consumer="relay"}'}]}) == [one["series"] for one in wrong]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool here: the cases are read, and not played")
def test_the_cases_come_out_as_expected() -> None:
    promtool = shutil.which("promtool") or ""
    played = subprocess.run([promtool, "test", "rules", str(tree.ROOT / CASES)], capture_output=True, text=True, check=False, timeout=60)
    assert played.returncode == 0, played.stdout + played.stderr
