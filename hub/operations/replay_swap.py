"""Put a state that was folded again live, while its consumer goes on, and keep the one that was live for the way back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import asyncpg

from contracts import topics
from hub.errors import HubError
from hub.operations.acts import Operator
from hub.operations.cluster import Cluster
from hub.operations.replay import Again, Replayed, folded_again, plainly
from hub.operations.replay_course import Course, OnProgress, Window, chain_of
from hub.operations.replay_log import log_reader
from hub.settings import Settings
from hub.state import outbox, waiting
from hub.state.connect import connect
from hub.state.exchange import AGAIN, CORRECTIONS, Exchange, Exchanged
from hub.state.replay_compare import DEAD_LETTERS, JOURNAL, TIMERS, WAITING, Table, of_store
from hub.state.replayed import MARK, Beside, beside
from hub.stream.consumer import Consumer, Fold
from hub.stream.retelling import retell

_ROUNDS, _NEAR, _FAR = 10, 1_000, 20_000  # how often to fold on before the consumer is held, and how near is near enough
_TRIES = 8
_PATIENCE = 3600.0
_FOR_ALL = {topics.OEM_BASE.name, topics.ACTS.name, topics.TIMERS.name}
_TIMERS = TIMERS._replace(where="true")  # what is due already, too: said once more, it is known by its id
_LEDGERS = (CORRECTIONS, JOURNAL, WAITING, DEAD_LETTERS, _TIMERS)


@dataclass(slots=True)
class Swapped:
    """A swap: rows by table, events told of them, the schema that holds the other state, seconds for which the consumer waited."""

    consumer: str
    saved_in: str
    is_dry: bool
    replayed: Replayed | None = None
    tables: list[Exchanged] = field(default_factory=list)
    told: int = 0
    held_seconds: float = 0.0

    @property
    def rows(self) -> int:
        """Rows that changed places."""
        return sum(table.rows for table in self.tables)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "is_dry": self.is_dry,
            "consumer": self.consumer,
            "saved_in": self.saved_in if self.rows and not self.is_dry else None,
            "rows": self.rows,
            "told": self.told,
            "held_seconds": round(self.held_seconds, 3),
            "tables": [table._asdict() for table in self.tables],
            "replay": self.replayed.as_json() if self.replayed else None,
            "done": told(self) if self.rows and not self.is_dry else [],
        }


@dataclass(slots=True)
class _Hand:
    """All that a hand-over needs."""

    settings: Settings
    chain: Sequence[Consumer]
    cluster_id: str
    room: Beside
    course: Course
    exchange: Exchange
    done: Swapped
    tells: bool

    @property
    def consumer(self) -> Consumer:
        """Whose state it is."""
        return self.chain[-1]

    @property
    def stores(self) -> dict[str, tuple[Table, Fold]]:
        """Its stores by name."""
        return {name: (of_store(declared.store), declared) for name, declared in self.consumer.stores.items()}


async def swap(
    settings: Settings,
    name: str,
    kafka_options: Mapping[str, Any],
    *,
    why: str,
    tells: bool = False,
    partly: bool = False,
    dry_run: bool = False,
    on_progress: OnProgress = lambda _read, _all: None,
) -> Swapped:
    """Fold the consumer's log again, and exchange what differs with the live tables; the state that was live is kept beside.

    Subjects whose history lies partly outside of the log stay as they are, and only where `partly` allows that. Nothing
    leaves, but with `tells` others hear of each subject that changes. Raises HubError where the replay cannot stand for the log.
    """
    operator = None if dry_run else Operator(Cluster(settings), why)
    chain = chain_of(name)
    async with (
        plainly(),
        _exchanging(settings, name) as alone,
        folded_again(settings, name, kafka_options, window=Window(), into=None, keep=False, on_progress=on_progress) as again,
    ):
        done = Swapped(name, saved_schema(name), is_dry=dry_run, replayed=again.done)
        _may_be_swapped(again, chain, partly=partly)
        if again.done.is_equal or operator is None:
            return done
        exchange, cluster_id = await alone(again.room)
        hand = _Hand(settings, chain, cluster_id, again.room, again.course, exchange, done, tells)
        with operator.does("replay.swapped", name, [again.done.verdict]) as noted:
            await _hand_over(hand, keep_as=done.saved_in)
            again.room.is_kept = True  # under its other name
            noted.extend(told(done))
        return done


async def swap_back(
    settings: Settings,
    name: str,
    kafka_options: Mapping[str, Any],
    *,
    why: str,
    tells: bool = False,
    dry_run: bool = False,
    on_progress: OnProgress = lambda _read, _all: None,
) -> Swapped:
    """Fold the state that the last swap kept on up to now, and exchange it with the live one again."""
    operator = None if dry_run else Operator(Cluster(settings), why)
    chain, schema = chain_of(name), saved_schema(name)
    url = settings.database_url.get_secret_value()
    async with plainly(), _exchanging(settings, name) as alone, beside(url, schema, is_kept=True, is_there=True) as room:
        exchange, cluster_id = await alone(room)
        folded = await room.noted()
        async with log_reader(kafka_options, len(folded)) as kafka:
            course = Course(room, chain, cluster_id, settings, kafka, on_progress, folded)
            done = Swapped(name, schema, is_dry=dry_run)
            hand = _Hand(settings, chain, cluster_id, room, course, exchange, done, tells)
            if operator is None:
                await _hand_over(hand, is_dry=True)
                return done
            with operator.does("replay.swapped_back", name) as noted:
                await _hand_over(hand)
                noted.extend(told(done))
            return done


def saved_schema(name: str) -> str:
    """Where the state that a swap took out of use is kept."""
    return f"swapped_{name.replace('-', '_')}"


def told(done: Swapped) -> list[str]:
    """What was exchanged, a line for each table."""
    lines = [f"{each.table}: {each.changed:,} changed, {each.came:,} came, {each.went:,} went" for each in done.tables if each.rows]
    return [*(lines or ["nothing differed any more"]), f"{done.told:,} events told"]


def _may_be_swapped(again: Again, chain: Sequence[Consumer], *, partly: bool) -> None:
    """Raises HubError where what was folded is not what the log and the live store would come to."""
    done = again.done
    if again.room.ahead:
        raise HubError(
            f"{done.consumer} was set back, and has yet to read again what it knows of {again.room.ahead:,} subjects: swap when it has"
        )
    if done.is_empty:
        raise HubError(f"nothing to compare: {done.consumer} has folded nothing, so there is nothing to swap")
    for table in done.tables:
        if table.differing and any(table.table in each.stores for each in chain[:-1]):
            raise HubError(f"{table.table} differs, and by it the states were judged: hub replay {chain[0].name} --swap first")
    late = sorted({bound.topic for bound in done.bounds if bound.log_start > 0})
    if not late:
        return
    if spoken := sorted(_FOR_ALL & set(late)):
        raise HubError(f"{', '.join(spoken)}: the log begins later than at its first record, and that is missing for every subject")
    if not partly:
        raise HubError(
            f"{', '.join(late[:3])}: the log begins later than at its first record, so {again.apart:,} subjects cannot be folded again as a"
            " whole; --partly leaves these as they are, and swaps the others"
        )


Alone = Callable[[Beside], Awaitable[tuple[Exchange, str]]]


@asynccontextmanager
async def _exchanging(settings: Settings, name: str) -> AsyncIterator[Alone]:
    """A session of its own that sees the live tables; whoever has it is the only one who swaps this consumer."""
    connection = await connect(settings.database_url.get_secret_value(), name="hub replay --swap", command_timeout=_PATIENCE)
    try:
        cluster_id = str((await asyncio.to_thread(Cluster(settings).metadata)).cluster_id)
        await Exchange(connection, "", "", name, cluster_id).alone()

        async def between(room: Beside) -> tuple[Exchange, str]:
            return Exchange(connection, room.live, room.schema, name, cluster_id), cluster_id

        yield between
    finally:
        await connection.close(timeout=5)


async def _hand_over(hand: _Hand, *, keep_as: str = "", is_dry: bool = False) -> None:
    """Fold on until the rest is small, then hold the consumer for the rest of it and for the exchange."""
    names = [each.name for each in hand.chain]
    for _ in range(_ROUNDS):
        live = await hand.room.stand(hand.cluster_id, names)
        if hand.course.left(live) <= _NEAR:
            break
        await hand.course.on(live)
    if hand.course.left(await hand.room.stand(hand.cluster_id, names)) > _FAR:
        raise HubError(
            f"{hand.consumer.name} takes records faster than they are folded beside; hub pause {hand.consumer.name}, or try again later"
        )
    for table in (JOURNAL, CORRECTIONS):
        await hand.exchange.find(table)  # it is long, and what stands there no longer changes: once, and before anybody waits
    for tries in range(1, _TRIES + 1):
        try:
            return await _once(hand, names, keep_as, is_dry=is_dry)
        except AGAIN:
            if tries == _TRIES:
                raise HubError("somebody else holds the consumer's rows (docs/operations.md, No progress): nothing was swapped") from None
        except (asyncpg.IdleInTransactionSessionTimeoutError, asyncpg.InterfaceError):
            raise HubError("the database ended the session while the last records were folded: nothing was swapped, try again") from None
    return None


async def _once(hand: _Hand, names: Sequence[str], keep_as: str, *, is_dry: bool) -> None:
    exchange, began = hand.exchange, monotonic()
    transaction = exchange.connection.transaction()
    await transaction.start()
    try:
        held = await exchange.hold()
        await hand.course.on(await hand.room.stand(hand.cluster_id, names))
        for _ in range(_ROUNDS):
            now = await exchange.close(list(hand.stores))
            if now == held:
                break
            held = now  # a partition that was new to the consumer
            await hand.course.on(await hand.room.stand(hand.cluster_id, names))
        hand.done.tables = [
            await exchange.find(table) for table in (*(table for table, _ in hand.stores.values()), WAITING, DEAD_LETTERS, _TIMERS)
        ]
        hand.done.tables += [await exchange.found(table) for table in (JOURNAL, CORRECTIONS)]
        if not is_dry:
            await _exchange(hand, keep_as)
    except BaseException:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # a session that is gone has let go already
            await transaction.rollback()
        raise
    await (transaction.rollback() if is_dry else transaction.commit())
    hand.done.held_seconds = monotonic() - began


async def _exchange(hand: _Hand, keep_as: str) -> None:
    hand.done.told = 0
    for table, declared in hand.stores.values():
        async for coming in hand.exchange.coming(table):
            await _speak(hand, declared, coming)
    for table in (*(table for table, _ in hand.stores.values()), *_LEDGERS):
        await hand.exchange.take(table)
    await hand.exchange.fence()
    if keep_as:
        await hand.exchange.keep_as(keep_as, f"{MARK} --swap: the state that was live before")


async def _speak(hand: _Hand, declared: Fold, coming: Mapping[Any, int]) -> None:
    """Let those look again who wait for what comes; and tell others of it, where that is wished."""
    live, subjects = hand.exchange.connection, list(coming)
    new = await declared.store.load(hand.room.connection, subjects)
    if declared.answers is not None:
        await waiting.came(live, list({declared.answers(kept.state, subject) for subject, kept in new.items()}))
    if not hand.tells:
        return
    old = await declared.store.load(live, subjects)
    said = await retell(hand.room.connection, hand.consumer.name, declared, old, new, coming)
    if said:
        await outbox.insert(live, hand.consumer.name, said)
        hand.done.told += len(said)
