"""The statement that puts a new state in the place of whatever is there, unless that is newer."""

from collections.abc import Collection, Mapping

_KEY = frozenset({"principal", "ref"})
_PLACE = frozenset({"row_version", "ordered_at", "revision", "tie", "because"})

_FOLLOWS = """CASE WHEN excluded.revision = 0
 THEN excluded.ordered_at > t.ordered_at
 OR (excluded.ordered_at = t.ordered_at AND t.revision = 0 AND excluded.tie COLLATE "C" > t.tie COLLATE "C")
 ELSE excluded.revision > t.revision AND excluded.ordered_at >= t.ordered_at END"""
"""What `hub.rules.order.beyond` says, of positions; revision 0 stands for none."""


def overwriting(table: str, rows: str, values: Mapping[str, str], fields: Collection[str]) -> str:
    """The statement for the rows of an array type; `values` are all columns as they are taken from a row `n`, `fields` those of the state.

    What stays as it is remains because of the event that it was because of.
    """
    others = [column for column in values if column not in _KEY | _PLACE]
    is_new = f"({', '.join('t.' + field for field in fields)}) IS DISTINCT FROM ({', '.join('excluded.' + field for field in fields)})"
    updates = ", ".join(f"{column} = excluded.{column}" for column in ("ordered_at", "tie", *others))
    return (
        f"INSERT INTO {table} AS t ({', '.join(values)}) SELECT {', '.join(values.values())} FROM unnest($1::{rows}) AS n"  # noqa: S608 - names of our own
        f" ON CONFLICT (principal, ref) DO UPDATE SET row_version = t.row_version + 1, revision = greatest(t.revision, excluded.revision),"
        f" because = CASE WHEN {is_new} THEN excluded.because ELSE t.because END, {updates} WHERE {_FOLLOWS}"
    )
