"""A schema beside the live one, made by the same migrations: what a replay folds into, and the live tables as they stood at one moment."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg

from hub.errors import HubError
from hub.state import migrations, outbox
from hub.state.connect import connect
from hub.state.segments import Unsent
from hub.state.store import Connection, Store

_PATIENCE = 6 * 3600.0  # seconds: a copy of a large store takes its time
MARK = "made by hub replay"
_LOCK = 0x68756272  # 'hubr': one replay at a time in one schema
_LIVE = """
SELECT quote_ident(n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('consumer_offsets')
"""
_OURS = "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = $1"
_STAND = """
SELECT consumer, topic, partition, next_offset FROM {live}.consumer_offsets WHERE cluster_id = $1 AND consumer = ANY($2::text[])
"""
_APART = """
CREATE TABLE replay_bounds (
    consumer text, topic text, partition int, log_start bigint, start bigint, stop bigint, next_offset bigint
);
CREATE TABLE replay_outside (principal text, ref text, PRIMARY KEY (principal, ref))
"""
_AHEAD = """
INSERT INTO replay_outside SELECT DISTINCT j.principal, j.ref FROM {live}.journal j JOIN {live}.consumer_offsets o
ON o.consumer = j.consumer AND o.topic = j.topic AND o.partition = j.partition
WHERE o.cluster_id = $1 AND o.consumer = ANY($2::text[]) AND j."offset" >= o.next_offset AND j.store <> '' AND j.ref IS NOT NULL
"""
_BOUNDS = """
INSERT INTO replay_bounds
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
"""


Stands = dict[tuple[str, str, int], int]
"""How far each (consumer, topic, partition) has come."""


class Bound(NamedTuple):
    """What of one partition is folded again: from `start` up to before `stop`.

    `log_start` is the first offset that the log still has, `next_offset` how far the live consumer had come. Where the
    topic is gone all are the same.
    """

    consumer: str
    topic: str
    partition: int
    log_start: int
    start: int
    stop: int
    next_offset: int


class Beside:
    """A schema of a replay's own: `connection` sees nothing but this schema, `live` is the name of the other.

    Unless it `is_kept`, the schema goes in the end. `ahead` counts the subjects of which the live journal has records that the
    live consumer, set back by an operator, has yet to read again: they are set apart.
    """

    def __init__(self, connection: Connection, live: str, schema: str, *, is_kept: bool) -> None:
        self.connection, self.live, self.schema, self.is_kept = connection, live, schema, is_kept
        self.taken_at = datetime.now(UTC)
        self.ahead = 0

    async def take(self, cluster_id: str, consumers: Sequence[str], stores: Sequence[Store[Any]]) -> Stands:
        """Copy the live tables, and return how far each (consumer, topic, partition) had come, all as of one moment."""
        async with self.connection.transaction(isolation="repeatable_read"):
            stands = await self.stand(cluster_id, consumers)
            for store in stores:
                await self._copy(store.name, "")
            whose = ", ".join(f"'{consumer}'" for consumer in consumers)
            for ledger in ("waiting", "dead_letters", "timers"):
                await self._copy(ledger, f"WHERE consumer IN ({whose})")
            await self.connection.execute(_APART)
            await self.connection.execute(_AHEAD.format(live=self.live), cluster_id, consumers)
            self.ahead = int(await self.connection.fetchval("SELECT count(*) FROM replay_outside"))
            self.taken_at = await self.connection.fetchval("SELECT now()")
        return stands

    async def _copy(self, table: str, where: str) -> None:
        await self.connection.execute(f"CREATE TABLE live_{table} AS SELECT * FROM {self.live}.{table} {where}")  # noqa: S608 - names of our own

    async def stand(self, cluster_id: str, consumers: Sequence[str]) -> Stands:
        """How far each (consumer, topic, partition) of the live consumers has come."""
        rows = await self.connection.fetch(_STAND.format(live=self.live), cluster_id, consumers)
        return {(row[0], row[1], row[2]): max(row[3], 0) for row in rows}

    async def note(self, bounds: Sequence[Bound]) -> None:
        """Write down what of each partition is folded."""
        async with self.connection.transaction():
            await self.connection.execute("DELETE FROM replay_bounds")
            if bounds:
                await self.connection.execute(_BOUNDS, *zip(*bounds, strict=True))

    async def noted(self) -> list[Bound]:
        """What of each partition is folded, as it was written down."""
        return [Bound(*row) for row in await self.connection.fetch("SELECT * FROM replay_bounds ORDER BY consumer, topic, partition")]

    async def set_apart(self, bounds: Sequence[Bound]) -> int:
        """Note whose history lies partly outside of the bounds, and return how many these are: the replay cannot know the whole of them.

        The journal below the live offsets no longer changes, so it need not be copied.
        """
        if all(bound.start == 0 and bound.stop == bound.next_offset for bound in bounds):
            return self.ahead
        for table, whose, ref in (
            (f"{self.live}.journal", "principal", "ref"),
            ("live_waiting", "whose", "ref"),
            ("live_dead_letters", "principal", "key"),
        ):
            await self.connection.execute(
                f"INSERT INTO replay_outside SELECT DISTINCT t.{whose}, t.{ref} FROM {table} t JOIN replay_bounds b"  # noqa: S608 - names of our own
                " ON t.consumer = b.consumer AND t.topic = b.topic AND t.partition = b.partition"
                f' WHERE t."offset" < b.next_offset AND (t."offset" < b.start OR t."offset" >= b.stop) AND t.{ref} IS NOT NULL'
                " ON CONFLICT DO NOTHING"
            )
        return int(await self.connection.fetchval("SELECT count(*) FROM replay_outside"))

    @property
    def journal(self) -> str:
        """The live journal, as far as it is folded again: what stands there no longer changes."""
        return (
            f"(SELECT j.* FROM {self.live}.journal j JOIN replay_bounds b ON j.consumer = b.consumer AND j.topic = b.topic"  # noqa: S608 - names of our own
            ' AND j.partition = b.partition AND j."offset" >= b.start AND j."offset" < b.stop)'
        )

    async def last_said(self) -> int:
        """The last segment that the replay would have sent."""
        return int(await self.connection.fetchval("SELECT coalesce(max(id), 0) FROM outbox"))

    async def answers(self, after: int, wire: str) -> tuple[int, list[Unsent]]:
        """What the replay itself said of this type after that segment, and which segment was the last; all of it stays where it is."""
        segments = await outbox.since(self.connection, after)
        answers = [event for segment in segments for event in segment.events() if event.type == wire]
        return (segments[-1].id if segments else after), answers

    async def unsent(self) -> int:
        """How many events the replay would have said."""
        return int(await self.connection.fetchval("SELECT coalesce(sum(events), 0) FROM outbox"))


@asynccontextmanager
async def beside(url: str, schema: str, *, is_kept: bool, is_there: bool = False) -> AsyncIterator[Beside]:
    """Make the schema, or go on in one that `is_there`, and take it away in the end unless it is kept.

    One that an earlier replay left is made anew. Raises HubError where a schema of that name is not a replay's, where a
    replay works in it, or where the role may not make one.
    """
    connection = await connect(url, name="hub replay", command_timeout=_PATIENCE)
    try:
        live = await connection.fetchval(_LIVE)
        if live is None:
            raise HubError("the state store has not this version's schema: hub migrate")
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", _LOCK, schema):
            raise HubError(f"another replay works in the schema {schema}; choose another one with --into")
        if not is_there:
            await _make(connection, schema)
        elif not (await connection.fetchval(_OURS, schema) or "").startswith(MARK):
            raise HubError(f"there is no schema {schema} that a swap left: nothing to swap back")
        room = Beside(connection, live, schema, is_kept=is_kept)
        try:
            await migrations.upgrade_async(url, schema)
            await connection.execute(f"SET search_path TO {schema}; SET synchronous_commit TO off")
            yield room
        finally:
            if not room.is_kept:
                with contextlib.suppress(OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):  # the next one takes it away
                    await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    finally:
        await connection.close(timeout=5)


async def _make(connection: Connection, schema: str) -> None:
    told = await connection.fetchval(_OURS, schema)
    if told is not None and not told.startswith(MARK):
        raise HubError(f"the schema {schema} is there, and no replay made it: choose another one with --into")
    try:
        async with connection.transaction():
            await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")
            await connection.execute(f"COMMENT ON SCHEMA {schema} IS '{MARK}; may be dropped'")
    except asyncpg.InsufficientPrivilegeError:
        raise HubError(
            "the database role may not make a schema: replay as the owner, or GRANT CREATE ON DATABASE, and SELECT on every table, to it"
        ) from None
