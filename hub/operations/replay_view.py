"""Show what differs between the live tables and a replay, field by field, with what is personal masked."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hub.operations.state_view import masked
from hub.rules.masking import mask_reference
from hub.state.replay_compare import Compared

ROW = "(row)"
NOWHERE = "nowhere"

_PLAIN = frozenset(
    {
        *("ordered_at", "revision", "because", "retired"),
        *("hold", "reason", "state", "faults", "type", "store", "kind", "principal"),
    }
)
"""What the hub itself writes of a record: it says nothing of a person."""

_REFERENCES = frozenset({"key", "awaited_ref", "id"})


class Difference(NamedTuple):
    """One field that differs, or ROW where only one side has the row."""

    table: str
    principal: str
    ref: str | None
    field: str
    live: Any
    replayed: Any


def differences(table: Compared) -> Iterator[Difference]:
    """The first differences of a table."""
    for unlike in table.first:
        where = table.table, unlike.principal, mask_reference(unlike.ref)
        if unlike.live is None or unlike.replayed is None:
            yield Difference(*where, ROW, *(NOWHERE if side is None else _summary(side) for side in (unlike.live, unlike.replayed)))
            continue
        for field, live in unlike.live.items():
            if live != unlike.replayed[field]:
                yield Difference(*where, field, _shown(field, live), _shown(field, unlike.replayed[field]))


def _summary(row: dict[str, Any]) -> str:
    """What a row is, in a word."""
    return next((str(row[field]) for field in ("reason", "hold", "status") if row.get(field)), "a row")


def _shown(field: str, value: Any) -> Any:  # noqa: ANN401 - any column's value
    if field in _PLAIN:
        return value
    if field in _REFERENCES and isinstance(value, str):
        return mask_reference(value)
    return masked(field, value)
