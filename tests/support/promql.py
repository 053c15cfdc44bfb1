"""PromQL as a house test reads it: which metrics, labels and values a query names, and which labels its answer keeps."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser as promql

_SERIES = re.compile(r"_(?:bucket|sum|count)$")
_VARIABLE = re.compile(r"\$\{?(?!__)\w+\}?")

Known = Mapping[str, tuple[str, ...]]
"""Metric, under the name that Prometheus shows → its labels."""


def faults(query: str, known: Known, values: set[str]) -> list[str]:
    """What a query names and nobody measures; `values` are the label values that the code may give."""
    try:
        tree = parse(query)
    except ValueError as error:
        return [f"{query.strip()}: {error}"]
    found = []
    for node in nodes(tree):
        match node:
            case promql.VectorSelector():
                found += _of_selector(node, known, values)
            case promql.AggregateExpr(modifier=modifier) if modifier is not None:
                found += _strange(modifier.labels, labels(node.expr, known), "aggregates by")
            case promql.BinaryExpr(modifier=modifier) if modifier is not None and modifier.matching is not None:
                found += _strange(modifier.matching.labels, labels(node.lhs, known) & labels(node.rhs, known), "matches on")
            case _:
                pass
    return found


def parse(query: str) -> Any:
    """A query's tree, with Grafana's variables filled in; raises ValueError where it is none."""
    return promql.parse(_VARIABLE.sub("any", re.sub(r"\$__(?:rate_)?interval", "5m", query)))


def nodes(tree: Any) -> Iterator[Any]:
    """Every part of a query."""
    yield tree
    for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
        if (part := getattr(tree, name, None)) is not None and isinstance(part, promql.Expr):
            yield from nodes(part)
    for part in getattr(tree, "args", ()):
        yield from nodes(part)


def labels(tree: Any, known: Known) -> set[str]:
    """The labels that a query's answer keeps in every case."""
    match tree:
        case promql.VectorSelector(name=name):
            return _labels_of(name, known) or set()
        case promql.AggregateExpr():
            return _of_aggregate(tree, known)
        case promql.BinaryExpr(lhs=lhs, rhs=rhs):
            left, right = labels(lhs, known), labels(rhs, known)
            return left & right if str(tree.op) == "or" else left or right
        case promql.Call():
            return _of_call(tree, known)
        case _:
            inner = getattr(tree, "expr", None) or getattr(tree, "vector_selector", None)
            return labels(inner, known) if inner is not None else set()


def _of_aggregate(tree: Any, known: Known) -> set[str]:
    inner, modifier = labels(tree.expr, known), tree.modifier
    if str(tree.op) in {"topk", "bottomk"}:  # they choose series and leave them as they are
        return inner
    if modifier is None:
        return set()
    named = set(modifier.labels)
    return inner - named if modifier.type == promql.AggModifierType.Without else inner & named


def _of_call(tree: Any, known: Known) -> set[str]:
    if tree.func.name == "absent":
        return {m.name for node in nodes(tree.args[0]) for m in _matchers(node) if m.op == promql.MatchOp.Equal}
    kept = set[str]().union(*(labels(part, known) for part in tree.args))
    return kept - {"le"} if tree.func.name == "histogram_quantile" else kept


def equals(query: str, label: str) -> set[str]:
    """The values that a query asks of a label, one by one."""
    return {m.value for node in nodes(parse(query)) for m in _matchers(node) if m.name == label and m.op == promql.MatchOp.Equal}


def _of_selector(node: Any, known: Known, values: set[str]) -> list[str]:
    there = _labels_of(node.name, known)
    if there is None:
        return [f"{node.name} is no metric"]
    found = _strange([m.name for m in _matchers(node)], there, f"{node.name} has no label")
    asked = {value for m in _matchers(node) for value in m.value.split("|") if value != "any"}
    return found + [f'{node.name}: nothing ever says "{value}"' for value in sorted(asked - values)]


def _matchers(node: Any) -> list[Any]:
    return list(node.matchers.matchers) if isinstance(node, promql.VectorSelector) else []


def _labels_of(name: str | None, known: Known) -> set[str] | None:
    if name is not None and name in known:
        return set(known[name])
    plain = _SERIES.sub("", name or "")
    if plain == name or plain not in known:
        return None
    return {*known[plain], *({"le"} if str(name).endswith("_bucket") else ())}


def _strange(named: list[str], there: set[str], what: str) -> list[str]:
    return [f"{what} {label}" if "no label" in what else f"{what} {label}, which is not there" for label in named if label not in there]
