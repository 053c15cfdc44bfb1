"""Alarms and dashboard ask for what is measured, and each alarm has a section in docs/operations.md."""

import ast
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from hub.telemetry import Metrics
from hub.wiring import PROCESSES
from tests.house.test_links import anchors
from tests.house.test_metrics import labels as metrics_of
from tests.support import promql, tree

ALERTS, DASHBOARD, PAGE = Path("deploy/monitoring/alerts.yaml"), Path("deploy/monitoring/dashboard.json"), Path("docs/operations.md")
RULE = {"alert", "expr", "for", "labels", "annotations"}
SEVERITIES = {"warning", "critical"}
_LABEL = re.compile(r"\$labels\.(\w+)|\{\{\s*(\w+)\s*\}\}")
_METRIC = re.compile(r"\bhub_\w+")
_ASKS = re.compile(r"label_values\((\w+), (\w+)\)")
OLDEST_SCHEMA = 41  # Grafana 12


def known() -> promql.Known:
    """Every metric with its labels."""
    return metrics_of(Metrics().registry)


def values() -> set[str]:
    """Every word that the hub's code may give a label."""
    words = {node.value for module in tree.modules("hub").values() for node in ast.walk(module) if isinstance(node, ast.Constant)}
    return {word for word in words if isinstance(word, str)} | set(PROCESSES)


def rules() -> list[dict[str, Any]]:
    """Every rule of every group."""
    return [rule for group in yaml.safe_load(tree.text(ALERTS))["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    """What Grafana shows."""
    shown: dict[str, Any] = json.loads(tree.text(DASHBOARD))
    return shown


def faults_of_rule(rule: dict[str, Any], metrics: promql.Known, words: set[str], headings: set[str]) -> list[str]:
    """What is wrong with an alarm."""
    found = [f"write {key}" for key in sorted(RULE - rule.keys())] + [f"{key} is no word of a rule" for key in sorted(rule.keys() - RULE)]
    told, expr = rule.get("annotations", {}), rule.get("expr", "")
    found += [f"write {key}" for key in ("summary", "description", "runbook") if not told.get(key)]
    if rule.get("labels", {}).get("severity") not in SEVERITIES:
        found.append(f"severity: one of {', '.join(sorted(SEVERITIES))}")
    try:
        promql_parser.parse_duration(str(rule.get("for")))
    except ValueError as error:
        found.append(f"for: {error}")
    page, _, anchor = told.get("runbook", "").partition("#")
    if page != str(PAGE) or anchor not in headings:
        found.append(f"runbook: {PAGE} has no heading #{anchor}")
    if wrong := promql.faults(expr, metrics, words):
        return found + wrong
    kept = promql.labels(promql.parse(expr), metrics)
    return found + [f"{key} shows {name}, which the answer has not" for key in told for name in named(told[key]) if name not in kept]


def named(template: str) -> set[str]:
    """The labels that a text shows."""
    return {first or second for first, second in _LABEL.findall(template)}


def queries(shown: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Panel, query and legend of everything that a dashboard shows."""
    for panel in shown["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"], target.get("legendFormat", "")


def faults_of_dashboard(shown: dict[str, Any], metrics: promql.Known, words: set[str]) -> list[str]:
    """What is wrong with a dashboard."""
    found = []
    for panel, expr, legend in queries(shown):
        wrong = promql.faults(expr, metrics, words)
        found += [f"{panel}: {fault}" for fault in wrong]
        if not wrong:
            kept = promql.labels(promql.parse(expr), metrics)
            found += [f"{panel}: the legend shows {name}, which the answer has not" for name in sorted(named(legend) - kept)]
    return found + list(_faults_of_frame(shown, metrics))


def _faults_of_frame(shown: dict[str, Any], metrics: promql.Known) -> Iterator[str]:
    variables = {variable["name"]: variable for variable in shown["templating"]["list"]}
    if shown["schemaVersion"] < OLDEST_SCHEMA:
        yield f"schemaVersion: {OLDEST_SCHEMA} or newer"
    if variables.get("datasource", {}).get("query") != "prometheus":
        yield "let the reader choose a Prometheus: a variable datasource"
    asked = _ASKS.fullmatch(variables.get("consumer", {}).get("definition", ""))
    if not asked or asked[2] not in metrics.get(asked[1], ()):
        yield "let the reader choose a process: a variable consumer, from the labels of a metric"
    for panel in shown["panels"]:
        sources = [part["datasource"]["uid"] for part in (panel, *panel.get("targets", ())) if "datasource" in part]
        if set(sources) - {"${datasource}"}:
            yield f"{panel['title']}: take ${{datasource}}"
    numbers = [panel["id"] for panel in shown["panels"]]
    if len(set(numbers)) < len(numbers):
        yield "give each panel a number of its own"
    yield from _overlaps(shown["panels"])


def _overlaps(panels: list[dict[str, Any]]) -> Iterator[str]:
    taken: dict[tuple[int, int], str] = {}
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        if others := {taken[cell] for cell in cells & taken.keys()}:
            yield f"{panel['title']}: lies upon {', '.join(sorted(others))}"
        taken |= dict.fromkeys(cells, panel["title"])


def unseen(alarms: list[dict[str, Any]], shown: dict[str, Any]) -> dict[str, set[str]]:
    """Of each alarm the metrics that no panel shows; how old something is stands for how much there is of it."""
    there = {_kin(name) for _, expr, _ in queries(shown) for name in _METRIC.findall(expr)}
    asked = {rule["alert"]: {name for name in _METRIC.findall(rule["expr"]) if _kin(name) not in there} for rule in alarms}
    return {alarm: names for alarm, names in asked.items() if names}


def _kin(metric: str) -> str:
    return metric.removesuffix("_age_seconds")


def sections(page: str) -> set[str]:
    """The sections below the heading Alarms, as links name them."""
    part = re.split(r"^## ", page.partition("\n## Alarms\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return anchors(part)


def test_every_alarm_asks_for_what_is_measured_and_says_what_to_do() -> None:
    metrics, words, headings = known(), values(), anchors(tree.text(PAGE))
    found = [f"{ALERTS}: {rule['alert']}: {fault}" for rule in rules() for fault in faults_of_rule(rule, metrics, words, headings)]
    assert not found, "\n".join(found)


def test_what_an_alarm_speaks_of_can_be_looked_at() -> None:
    lost = unseen(rules(), dashboard())
    assert not lost, f"{DASHBOARD}: show " + "; ".join(f"{', '.join(sorted(names))} ({alarm})" for alarm, names in lost.items())


def test_an_alarm_that_nothing_shows_is_seen() -> None:
    shown = {"panels": [{"title": "Ready", "targets": [{"expr": "max(hub_ready)"}]}]}
    alarms = [{"alert": "HubDoorAway", "expr": "sum(hub_door_requests_total) > 5"}, {"alert": "HubNotReady", "expr": "hub_ready == 0"}]
    assert unseen(alarms, shown) == {"HubDoorAway": {"hub_door_requests_total"}}


def test_an_alarm_has_one_name_and_a_section_one_alarm() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    named_by = [rule["annotations"]["runbook"].partition("#")[2] for rule in rules()]
    there = sections(tree.text(PAGE))
    assert sorted(named_by) == sorted(there), f"{PAGE}: a section for each alarm, an alarm for each section: {set(named_by) ^ there}"


def test_the_page_names_every_alarm() -> None:
    missing = [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in tree.text(PAGE)]
    assert not missing, f"{PAGE}: name {', '.join(missing)}"


def test_every_process_is_missed_when_it_is_absent() -> None:
    (rule,) = (rule for rule in rules() if rule["alert"] == "HubProcessAbsent")
    assert promql.equals(rule["expr"], "consumer") == set(PROCESSES), f"{ALERTS}: HubProcessAbsent: ask for each of wiring.PROCESSES"


def test_the_dashboard_asks_for_what_is_measured() -> None:
    found = faults_of_dashboard(dashboard(), known(), values())
    assert not found, f"{DASHBOARD}: " + "\n".join(found)


METRICS: promql.Known = {"hub_lag": ("consumer", "topic"), "hub_rows": (), "hub_took": ("consumer", "step"), "hub_halted": ("reason",)}
WORDS = {"relay", "brake", "lost"}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("sum by (consumer (hub_lag)", "sum by"),
        ("max(hub_lagg)", "hub_lagg is no metric"),
        ("hub_rows_total > 0", "hub_rows_total is no metric"),
        ('hub_lag{consumr="relay"}', "hub_lag has no label consumr"),
        ('hub_lag{le="1"}', "hub_lag has no label le"),
        ('hub_halted{reason=~"brake|last"} > 0', 'nothing ever says "last"'),
        ("sum by (step) (hub_lag)", "aggregates by step"),
        ("sum by (topic) (sum by (consumer) (hub_lag))", "aggregates by topic"),
        ("hub_lag > on (step) hub_took_sum", "matches on step"),
        ("rate(hub_lag)", "rate"),
        ("histogram_quantile(0.5, sum by (consumer, le) (rate(hub_took_sum[$__rate_interval])))", "aggregates by le"),
    ],
)
def test_a_wrong_query_is_seen(query: str, told: str) -> None:
    assert any(told in fault for fault in promql.faults(query, METRICS, WORDS)), promql.faults(query, METRICS, WORDS)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ('hub_lag{consumer=~"$consumer"} > 5', {"consumer", "topic"}),
        ("histogram_quantile(0.5, sum by (step, le) (rate(hub_took_bucket[$__rate_interval])))", {"step"}),
        ('absent(hub_lag{consumer="relay"}) or absent(hub_lag{consumer="brake"})', {"consumer"}),
        ("max by (topic) (max_over_time(hub_lag[2m])) or max(hub_rows)", set()),
        ("sum without (topic) (hub_lag) unless on (consumer) sum by (consumer) (hub_took_count) > 0", {"consumer"}),
        ("topk(5, sum by (topic) (hub_lag))", {"topic"}),
    ],
)
def test_what_a_query_keeps_is_known(query: str, kept: set[str]) -> None:
    assert promql.faults(query, METRICS, WORDS) == []
    assert promql.labels(promql.parse(query), METRICS) == kept


RIGHT: dict[str, Any] = {
    "alert": "HubLagOld",
    "expr": "max by (consumer) (hub_lag) > 5",
    "for": "5m",
    "labels": {"severity": "warning"},
    "annotations": {"summary": "{{ $labels.consumer }}", "description": "late", "runbook": "docs/operations.md#late"},
}


@pytest.mark.parametrize(
    ("place", "key", "value", "told"),
    [
        (None, "expr", "hub_lagg > 5", "no metric"),
        (None, "for", "five minutes", "for: "),
        (None, "form", "5m", "no word of a rule"),
        ("labels", "severity", "page", "severity"),
        ("annotations", "summary", "", "write summary"),
        ("annotations", "description", "", "write description"),
        ("annotations", "summary", "{{ $labels.topic }}", "shows topic"),
        ("annotations", "runbook", "docs/operations.md#later", "no heading #later"),
        ("annotations", "runbook", "docs/other.md#late", "no heading"),
    ],
)
def test_a_wrong_alarm_is_seen(place: str | None, key: str, value: str, told: str) -> None:
    rule = deepcopy(RIGHT)
    assert faults_of_rule(rule, METRICS, WORDS, {"late"}) == []
    (rule[place] if place else rule)[key] = value
    assert any(told in fault for fault in faults_of_rule(rule, METRICS, WORDS, {"late"}))


def _spoil(shown: dict[str, Any], what: str) -> None:
    panel = next(panel for panel in shown["panels"] if "targets" in panel)
    match what:
        case "query":
            panel["targets"][0]["expr"] = "hub_ready{pod=~'$consumer'}"
        case "legend":
            panel["targets"][0]["legendFormat"] = "{{pod}}"
        case "source":
            panel["targets"][0]["datasource"] = {"type": "prometheus", "uid": "P1809F7CD0C75ACF3"}
        case "variable":
            shown["templating"]["list"][1]["definition"] = "label_values(hub_outbox_rows, consumer)"
        case "chooser":
            del shown["templating"]["list"][0]
        case "schema":
            shown["schemaVersion"] = 16
        case "place":
            panel["gridPos"]["h"] += 1
        case _:
            panel["id"] = shown["panels"][-1]["id"]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("query", "hub_ready has no label pod"),
        ("legend", "the legend shows pod"),
        ("source", "take ${datasource}"),
        ("variable", "a variable consumer"),
        ("chooser", "a variable datasource"),
        ("schema", "or newer"),
        ("place", "lies upon"),
        ("number", "a number of its own"),
    ],
)
def test_a_wrong_dashboard_is_seen(what: str, told: str) -> None:
    shown = dashboard()
    _spoil(shown, what)
    assert any(told in fault for fault in faults_of_dashboard(shown, known(), values()))


def test_a_section_is_found_under_alarms_only() -> None:
    assert sections("# Operations\n\n## Alarms\n\n### Late\n\n## Backups\n\n### Often\n") == {"late"}
