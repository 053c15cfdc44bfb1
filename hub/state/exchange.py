"""Exchange what differs between the live tables and a schema beside: each side gets the other's rows, in the caller's transaction.

Only rows that differ are touched, so tables, indexes, rights and sequences stay, what others hold in the same tables stays, and
what the schema has afterwards is the whole of the state that was live. `row_version` goes on from the live one.
"""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import asyncpg

from hub.errors import HubError
from hub.rules.decision import Subject
from hub.state.offsets import TopicPartition
from hub.state.replay_compare import JOURNAL, TIMERS, Table
from hub.state.schema import whole
from hub.state.store import Connection

_CHUNK = 500
_LOCK = 0x68756273  # 'hubs': one swap of a consumer at a time
_STAND = """
SELECT topic, partition, next_offset FROM consumer_offsets WHERE consumer = $1 AND cluster_id = $2 ORDER BY topic COLLATE "C", partition
"""
_FOLDED = """
EXISTS (SELECT FROM {beside}.replay_bounds b
  WHERE b.consumer = '{consumer}' AND b.topic = t.topic AND b.partition = t.partition AND t."offset" < b.stop)"""


CORRECTIONS = Table("corrections", ("target", "event"), ())
"""Which event takes the place of which."""


class Exchanged(NamedTuple):
    """One table: rows that both sides had unlike, those that came, and those that went."""

    table: str
    changed: int
    came: int
    went: int

    @property
    def rows(self) -> int:
        """All of them."""
        return self.changed + self.came + self.went


class Exchange:
    """The two sides of one consumer: `connection` sees the live tables, `beside` is the other schema."""

    def __init__(self, connection: Connection, live: str, beside: str, consumer: str, cluster_id: str) -> None:
        self.connection = connection
        self._live, self._beside, self._consumer, self._cluster_id = live, beside, consumer, cluster_id

    async def alone(self) -> None:
        """Keep others from swapping this consumer for as long as the session lasts; raises HubError where one does."""
        if not await self.connection.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", _LOCK, self._consumer):
            raise HubError(f"another swap of {self._consumer} is under way: wait for it")

    async def hold(self) -> dict[TopicPartition, int]:
        """Lock the consumer's offsets until the transaction ends, and say how far it has come: nothing of it commits meanwhile."""
        rows = await self.connection.fetch(f"{_STAND} FOR UPDATE", self._consumer, self._cluster_id)
        return {(row[0], row[1]): max(row[2], 0) for row in rows}

    async def close(self, names: Sequence[str]) -> dict[TopicPartition, int]:
        """Keep everybody from writing these stores, and say how far the consumer has come: further where a partition was new to it."""
        await self.connection.execute(f"LOCK TABLE {', '.join(f'{self._live}.{name}' for name in names)} IN SHARE ROW EXCLUSIVE MODE")
        return {(row[0], row[1]): max(row[2], 0) for row in await self.connection.fetch(_STAND, self._consumer, self._cluster_id)}

    async def fence(self) -> None:
        """Let nobody go on with what he looked at before: whoever waits for these offsets is refused, and claims his partitions anew."""
        await self.connection.execute(
            "UPDATE consumer_offsets SET epoch = epoch + 1 WHERE consumer = $1 AND cluster_id = $2", self._consumer, self._cluster_id
        )

    async def find(self, table: Table) -> Exchanged:
        """Note which rows of a table differ, and the version under which each comes to be live.

        A row that comes back where live has none may have been told of before: its version then lies above the number
        of records that this consumer has read, and so above any that it was told under.
        """
        sides = ", ".join(
            f"{side} AS (SELECT t.*, true AS is_there FROM {schema}.{table.name} t WHERE {self._whose(table, schema)})"  # noqa: S608 - names of our own
            for side, schema in (("l", self._live), ("r", self._beside))
        )
        version = (
            f"coalesce(l.row_version + 1, greatest(r.row_version + 1, {await self._floor(table)}))" if table.is_store else "NULL::bigint"
        )
        await self.connection.execute(
            f"DROP TABLE IF EXISTS {self._found(table)};"  # noqa: S608 - names of our own
            f"CREATE TABLE {self._found(table)} AS WITH {sides}"
            f" SELECT {', '.join(table.keys)}, l.is_there AS was_live, r.is_there AS comes, {version} AS version"
            f" FROM l FULL JOIN r USING ({', '.join(table.keys)}) WHERE {table.differ}"
        )
        return await self.found(table)

    async def found(self, table: Table) -> Exchanged:
        """How many rows differ."""
        row = await self.connection.fetchrow(
            "SELECT count(*) FILTER (WHERE was_live AND comes), count(*) FILTER (WHERE was_live IS NULL),"  # noqa: S608 - names of our own
            f" count(*) FILTER (WHERE comes IS NULL) FROM {self._found(table)}"
        )
        assert row is not None  # noqa: S101 - it counts
        return Exchanged(table.name, *row)

    async def coming(self, table: Table) -> AsyncIterator[dict[Subject, int]]:
        """The subjects of a store that change or come, with the version that each then has, some hundreds at a time."""
        rows = self.connection.cursor(
            f"SELECT principal, ref, version FROM {self._found(table)} WHERE comes ORDER BY principal, ref",  # noqa: S608 - names of our own
            prefetch=_CHUNK,
        )
        chunk: dict[Subject, int] = {}
        async for row in rows:
            chunk[Subject(row[0], row[1])] = row[2]
            if len(chunk) == _CHUNK:
                yield chunk
                chunk = {}
        if chunk:
            yield chunk

    async def take(self, table: Table) -> None:
        """Let the rows that were found change places."""
        live, beside, found, was = (
            f"{self._live}.{table.name}",
            f"{self._beside}.{table.name}",
            self._found(table),
            f"{self._beside}.was_{table.name}",
        )
        named = [f'"{column.name}"' for column in whole().tables[table.name].columns]
        keys = ", ".join(table.keys)
        same = " AND ".join(f"t.{key} = x.{key}" for key in table.keys)
        coming = ", ".join("x.version" if name == '"row_version"' else f"r.{name}" for name in named)
        await self.connection.execute(
            f"DROP TABLE IF EXISTS {was};"  # noqa: S608 - names of our own
            f"CREATE TABLE {was} AS SELECT {', '.join(f't.{name}' for name in named)} FROM {live} t JOIN {found} x ON {same};"
            f"DELETE FROM {live} t USING {found} x WHERE {same};"
            f"INSERT INTO {live} ({', '.join(named)}) SELECT {coming} FROM {beside} r JOIN {found} x USING ({keys}) ON CONFLICT DO NOTHING;"
            f"DELETE FROM {beside} t USING {found} x WHERE {same};"
            f"INSERT INTO {beside} ({', '.join(named)}) SELECT {', '.join(named)} FROM {was};"
            f"DROP TABLE {was}"
        )

    async def keep_as(self, schema: str, mark: str) -> None:
        """Give the schema beside another name, in the place of whatever has it; the copies in it are no longer needed."""
        copies = await self.connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename LIKE 'live\\_%'", self._beside
        )
        for (name,) in copies:
            await self.connection.execute(f"DROP TABLE {self._beside}.{name}")
        await self.connection.execute(
            f"DROP SCHEMA IF EXISTS {schema} CASCADE; ALTER SCHEMA {self._beside} RENAME TO {schema};COMMENT ON SCHEMA {schema} IS '{mark}'"
        )

    async def _floor(self, table: Table) -> int:
        """Above every version that a row of this store was ever told under."""
        return int(
            await self.connection.fetchval(
                f"SELECT 1 + coalesce((SELECT max(row_version) FROM {self._live}.{table.name}), 0)"  # noqa: S608 - names of our own
                " + coalesce((SELECT sum(greatest(next_offset, 0)) FROM consumer_offsets WHERE consumer = $1), 0)",
                self._consumer,
            )
        )

    def _whose(self, table: Table, schema: str) -> str:
        """Which rows are this consumer's and folded on both sides, as conditions upon `t`."""
        if table.name == CORRECTIONS.name:  # they are whose the event is that corrects
            return f"t.event IN (SELECT t.event FROM {schema}.journal t WHERE {self._whose(JOURNAL, schema)})"  # noqa: S608 - names of our own
        apart = f"NOT EXISTS (SELECT FROM {self._beside}.replay_outside o WHERE o.principal = t.{table.whose} AND o.ref = t.{table.ref})"
        if table.is_store:
            return apart
        if table.name == TIMERS.name:  # they follow from states, and stand nowhere in the log
            return f"t.consumer = '{self._consumer}' AND {apart}"
        folded = _FOLDED.format(beside=self._beside, consumer=self._consumer)
        return f"t.consumer = '{self._consumer}' AND {table.where} AND {apart} AND {folded}"

    def _found(self, table: Table) -> str:
        return f"{self._beside}.exchange_{table.name}"


AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError, asyncpg.SerializationError)
"""What asks for another try: somebody else held what was wanted."""
