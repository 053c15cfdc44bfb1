"""The deliveries: what people are to be told, written with the state that it follows from, and sent by the courier."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from hub.names import version5
from hub.rules.notices import Notice
from hub.state.rows import RowType
from hub.state.store import Connection

CHANNEL = "hub_deliveries"
"""NOTIFY channel: there is somebody to tell."""

_NAMES = uuid5(NAMESPACE_URL, "urn:hub:delivery").bytes

ROWS = RowType(
    "delivery",
    {
        "id": "uuid",
        "dedupe_key": "text",
        "principal": "text",
        "person_kind": "text",
        "person": "text",
        "purpose": "text",
        "grantee": "text",
        "nature": "text",
        "channel": "text",
        "template": "text",
        "fields": "text",
        "documents": "text",
        "campaign": "text",
        "priority": "smallint",
        "due_at": "timestamptz",
        "expires_at": "timestamptz",
        "because": "uuid",
    },
)
"""A session that inserts needs it made first (`rows.make`)."""

_JSON = {"fields", "documents"}
_INSERT = f"""
WITH planned AS (
    INSERT INTO deliveries ({", ".join(ROWS.columns)}, consumer)
    SELECT {", ".join(f"n.{column}::jsonb" if column in _JSON else f"n.{column}" for column in ROWS.columns)}, $1
    FROM unnest($2::{ROWS.array}) AS n ORDER BY n.id
    ON CONFLICT (id) DO NOTHING
    RETURNING id
), told AS (SELECT pg_notify('{CHANNEL}', '') WHERE EXISTS (SELECT FROM planned))
SELECT (SELECT count(*) FROM planned), (SELECT count(*) FROM told)
"""  # noqa: S608 - names of our own


def delivery_id(dedupe_key: str) -> UUID:
    """The delivery's name: it follows from what makes it one."""
    return version5(_NAMES, dedupe_key)


class Planned(NamedTuple):
    """A notice, and the event because of which it is given."""

    notice: Notice
    because: UUID


async def insert(connection: Connection, consumer: str, planned: Sequence[Planned]) -> int:
    """Plan deliveries, and wake the couriers once it is committed; returns how many are new.

    A notice whose delivery there is already leaves no second one, whatever became of the first: the id follows from its dedupe key.
    """
    row = await connection.fetchrow(_INSERT, consumer, [_row(*one) for one in planned])
    return int(row[0]) if row else 0


def _row(notice: Notice, because: UUID) -> tuple[object, ...]:
    person = notice.person
    return (
        delivery_id(notice.dedupe_key),
        notice.dedupe_key,
        person.principal,
        person.kind,
        person.ref,
        notice.purpose,
        notice.grantee,
        notice.nature,
        notice.channel,
        notice.template,
        orjson.dumps(notice.fields).decode(),
        orjson.dumps(notice.documents).decode() if notice.documents else "[]",
        notice.campaign,
        int(notice.priority),
        notice.not_before,
        notice.expires_at,
        because,
    )
