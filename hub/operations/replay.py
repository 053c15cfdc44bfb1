"""Fold a consumer's log again beside the live stores, and tell whether both come to the same."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any, NamedTuple

import asyncpg
from aiokafka.errors import KafkaError

from hub.errors import HubError, InputError, Unavailable
from hub.operations.cluster import Cluster
from hub.operations.replay_course import Course, OnProgress, Window, chain_of
from hub.operations.replay_log import log_reader
from hub.operations.replay_view import Difference, differences
from hub.settings import Settings
from hub.state.replay_compare import DEAD_LETTERS, JOURNAL, TIMERS, WAITING, Compared, compare, of_store
from hub.state.replayed import Beside, Bound, beside
from hub.stream.consumer import Consumer

_MOST_SHOWN = 10  # rows of a table
_NAME = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}\Z")


@dataclass(slots=True)
class Replayed:
    """A replay: what was read, what each table came to, and the first differences.

    `unsent` events would have been said; they stay where they are. `own` names the tables without which nothing was compared.
    """

    consumer: str
    schema: str
    is_kept: bool
    taken_at: datetime
    bounds: list[Bound]
    records: int = 0
    seconds: float = 0.0
    unsent: int = 0
    tables: list[Compared] = field(default_factory=list)
    own: frozenset[str] = frozenset()
    shown: list[Difference] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether neither side holds anything of this consumer."""
        return not any(table.live or table.replayed for table in self.tables if table.table in self.own)

    @property
    def is_equal(self) -> bool:
        """Whether both sides are the same; where nothing was compared, nothing is known to be."""
        return not self.is_empty and not any(table.differing for table in self.tables)

    @property
    def verdict(self) -> str:
        """The outcome in a line."""
        if self.is_empty:
            return "nothing to compare"
        differing = [f"{table.table} {table.differing:,}" for table in self.tables if table.differing]
        if differing:
            return f"the replay differs: {', '.join(differing)}"
        return f"equal: {sum(table.live for table in self.tables):,} rows in {len(self.tables)} tables"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "consumer": self.consumer,
            "schema": self.schema if self.is_kept else None,
            "taken_at": self.taken_at,
            "records": self.records,
            "seconds": round(self.seconds, 3),
            "unsent": self.unsent,
            "verdict": self.verdict,
            "is_equal": self.is_equal,
            "log": [bound._asdict() for bound in self.bounds],
            "tables": [{name: value for name, value in table._asdict().items() if name != "first"} for table in self.tables],
            "differences": [difference._asdict() for difference in self.shown],
        }


class Again(NamedTuple):
    """A replay that is done, while its schema is there and its log may be read on."""

    room: Beside
    course: Course
    done: Replayed
    apart: int


async def replay(
    settings: Settings,
    name: str,
    kafka_options: Mapping[str, Any],
    *,
    window: Window = Window(),  # noqa: B008 - it cannot be changed
    into: str | None = None,
    keep: bool = False,
    on_progress: OnProgress = lambda _read, _all: None,
) -> Replayed:
    """Fold again what the live consumer has folded, and compare with the live tables as of one moment.

    Nothing leaves: the events go to an outbox in the schema of the replay, where no relay looks. With `into` the schema
    has that name and stays. Raises InputError for a consumer or a schema that cannot be, HubError where it cannot be done.
    """
    async with folded_again(settings, name, kafka_options, window=window, into=into, keep=keep, on_progress=on_progress) as again:
        return again.done


@asynccontextmanager
async def folded_again(
    settings: Settings,
    name: str,
    kafka_options: Mapping[str, Any],
    *,
    window: Window,
    into: str | None,
    keep: bool,
    on_progress: OnProgress,
) -> AsyncIterator[Again]:
    """The same, lent to somebody who has more to do with it."""
    chain = chain_of(name)
    schema = into or f"replay_{name.replace('-', '_')}"
    if not _NAME.match(schema):
        raise InputError("--into", "a name of 1 to 63 of a-z, 0-9 and _", schema)
    is_kept = keep or into is not None
    async with plainly(), beside(settings.database_url.get_secret_value(), schema, is_kept=is_kept) as room:
        began = monotonic()
        cluster_id = str((await asyncio.to_thread(Cluster(settings).metadata)).cluster_id)
        stores = [fold.store for each in chain for fold in each.stores.values()]
        live = await room.take(cluster_id, [each.name for each in chain], stores)
        async with log_reader(kafka_options, len(live)) as kafka:
            course = Course(room, chain, cluster_id, settings, kafka, on_progress)
            await course.go(live, window)
            apart = await room.set_apart(course.bounds)
            done = Replayed(name, schema, is_kept, room.taken_at, course.bounds, course.records)
            await _compare(room, chain, done)
            done.unsent, done.seconds = await room.unsent(), monotonic() - began
            yield Again(room, course, done, apart)


async def _compare(room: Beside, chain: list[Consumer], done: Replayed) -> None:
    stores = [of_store(fold.store) for each in chain for fold in each.stores.values()]
    for table in (*stores, WAITING, DEAD_LETTERS, TIMERS, JOURNAL):
        done.tables.append(await compare(room.connection, table, _MOST_SHOWN, room.journal if table is JOURNAL else ""))
    done.own = frozenset({*chain[-1].stores, WAITING.name, DEAD_LETTERS.name})
    done.shown = [difference for table in done.tables for difference in differences(table)]


@asynccontextmanager
async def plainly() -> AsyncIterator[None]:
    """Put what a server may say meanwhile in plain words."""
    try:
        yield
    except KafkaError as error:
        raise HubError(f"reading the log: {type(error).__name__}: {error}") from None
    except asyncpg.UndefinedColumnError:
        raise HubError("the state store has not this version's schema: hub migrate") from None
    except asyncpg.InsufficientPrivilegeError as error:
        raise HubError(f"replaying: {error}; replay as the owner of the tables") from None
    except (OSError, asyncpg.PostgresConnectionError) as error:
        raise Unavailable(f"PostgreSQL does not answer: {error}") from None


def moment(text: str, option: str) -> datetime | None:
    """Read an instant (`2026-03-02T12:00:00Z`) or a day; without a zone it is in UTC. None for an empty text; raises InputError."""
    if not text:
        return None
    with suppress(ValueError, OverflowError):
        read = datetime.fromisoformat(text)
        at = read if read.tzinfo else read.replace(tzinfo=UTC)
        if at.timestamp() >= 0:
            return at
    raise InputError(option, "an instant such as 2026-03-02T12:00:00Z, or a day", text)
