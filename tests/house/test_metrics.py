"""Every metric that a page names exists, and docs/operations.md tells of every metric."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from hub.telemetry import Metrics
from tests.support import tree

PAGE = Path("docs/operations.md")
_NAME = re.compile(r"\bhub_[a-z]+(?:_[a-z]+)+\b")
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| `(hub_[a-z_]+)` \|([^|]*)\|", re.MULTILINE)
NO_METRIC = {"hub_process", "hub_owner"}  # roles of the database


def labels(registry: CollectorRegistry) -> dict[str, tuple[str, ...]]:
    """Every metric with its labels, under the name that Prometheus shows."""
    return {f"{c._name}{'_total' if c._type == 'counter' else ''}": tuple(c._labelnames) for c in registry._collector_to_names}  # type: ignore[attr-defined] # the registry has no public list of names and labels


def strangers(page: str, known: set[str]) -> set[str]:
    """What a page names in code as a metric and is none."""
    names = {name for code in _CODE.findall(page) for name in _NAME.findall(code)}
    return {name for name in names - NO_METRIC if name not in known and re.sub(r"_(?:bucket|sum|count)$", "", name) not in known}


def differences(page: str, known: dict[str, tuple[str, ...]]) -> list[str]:
    """Where the page's table of metrics and the metrics differ."""
    told = {name: tuple(re.findall(r"`([a-z_]+)`", cell)) for name, cell in _ROW.findall(page)}
    missing = [f"{PAGE}: tell of {name}" for name in sorted(known.keys() - told.keys())]
    return missing + [
        f"{PAGE}: {name} has the labels {', '.join(known[name]) or 'none'}"
        for name in told.keys() & known.keys()
        if told[name] != known[name]
    ]


def test_every_metric_named_exists() -> None:
    known = set(labels(Metrics().registry))
    found = [
        f"{path}: {name} is no metric of hub/telemetry.py" for path, page in tree.pages().items() for name in sorted(strangers(page, known))
    ]
    assert not found, "\n".join(found)


def test_the_page_tells_of_every_metric() -> None:
    found = differences(tree.text(PAGE), labels(Metrics().registry))
    assert not found, "\n".join(found)


def test_an_invented_metric_is_seen() -> None:
    known = {"hub_lag_records", "hub_batch_seconds"}
    assert strangers("alarm on `hub_lag_recods > 5` and `hub_batch_seconds_bucket`", known) == {"hub_lag_recods"}


def test_an_untold_metric_and_a_wrong_label_are_seen() -> None:
    known: dict[str, tuple[str, ...]] = {"hub_lag_records": ("consumer", "topic"), "hub_outbox_rows": ()}
    assert differences("| `hub_lag_records` | `consumer` | lag |\n", known) == [
        "docs/operations.md: tell of hub_outbox_rows",
        "docs/operations.md: hub_lag_records has the labels consumer, topic",
    ]
    assert differences("| `hub_lag_records` | `consumer`, `topic` | lag |\n| `hub_outbox_rows` | | rows |\n", known) == []
