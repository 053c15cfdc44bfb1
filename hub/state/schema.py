"""The state store's tables as SQLAlchemy knows them: for migrations, and for whoever puts queries together."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

METADATA = sa.MetaData()

_TYPES: Mapping[str, Any] = {
    "text": sa.Text,
    "bigint": sa.BigInteger,
    "boolean": sa.Boolean,
    "date": sa.Date,
    "timestamptz": sa.DateTime(timezone=True),
    "json": pg.JSON,
    "jsonb": pg.JSONB,
}


def states(name: str, fields: Mapping[str, tuple[str, bool]], indexes: Sequence[Sequence[str]]) -> sa.Table:
    """The table of a store: the engine's columns, then a state's fields, each with its type and whether it may be NULL."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("principal", sa.Text, primary_key=True),
        sa.Column("ref", sa.Text, primary_key=True),
        sa.Column("row_version", sa.BigInteger, nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("tie", sa.Text, nullable=False),
        sa.Column("because", sa.Uuid, nullable=False),
        *(sa.Column(field, _TYPES[kind], nullable=optional) for field, (kind, optional) in fields.items()),
        *(sa.Index(f"{name}_{'_'.join(index)}", *index) for index in indexes),
        postgresql_with={"fillfactor": "70"},
    )


def whole() -> sa.MetaData:
    """Every table that there is."""
    from hub.state import ledgers  # noqa: F401 - it stands on this module, and its tables register themselves
    from hub.state.stores import STORES

    for store in STORES.values():
        _ = store.table  # registers itself when it is asked for
    return METADATA
