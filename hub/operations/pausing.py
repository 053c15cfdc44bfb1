"""Pause a consumer, a topic or a partition, and let it go on; also where it stands still by itself."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from contracts.topics import ACTS
from hub.operations.acts import Operator
from hub.operations.cluster import Cluster
from hub.operations.holding import doubt, is_recovered
from hub.operations.places import COURIER, pausable, store
from hub.settings import Settings
from hub.state import steering
from hub.state.steering import RELEASABLE, Pause, Scope, Standing


class Outcome(NamedTuple):
    """What was done, or would be, and what the operator should know beside it."""

    done: tuple[str, ...]
    notes: tuple[str, ...] = ()


async def pause(settings: Settings, scope: Scope, *, why: str = "", dry_run: bool = False) -> Outcome:
    """Let every process of the consumer stand still there, also those that start later, until somebody resumes it.

    When it returns, no record of it is being folded. Paused already, it stays as it is.
    """
    pausable(scope)
    cluster_id, cluster = await _cluster(settings)
    async with store(settings) as connection:
        known = await steering.pauses(connection, scope.consumer)
        if already := next((found for found in known if found.scope == scope), None):
            return Outcome((), (f"paused already{_by(already)}",))
        rows = [row for row in await steering.standings(connection, scope, cluster_id) if row.topic != ACTS.name and row.halted is None]
        done = (f"{scope}: paused" + ("" if scope.consumer == COURIER else f", {len(rows)} partitions, and any that come to it"),)
        notes = tuple(f"{found.scope} is paused too{_by(found)}" for found in known if found.scope.covers(scope.topic, scope.partition))
        if not dry_run:
            operator = Operator(cluster, why)
            with operator.does("consumer.paused", str(scope)) as noted:
                await steering.pause(
                    connection, scope, cluster_id, operator.who, operator.why, [(row.topic, row.partition) for row in rows]
                )
                noted.extend(done)
        return Outcome(done, notes)


async def resume(settings: Settings, scope: Scope, *, why: str = "", dry_run: bool = False) -> Outcome:
    """Lift the pauses in a scope, and let go of partitions that the brake or an unknown error halted.

    Where the log does not go on from the next offset, another one is needed: that halt stays.
    """
    cluster_id, cluster = await _cluster(settings)
    async with store(settings) as connection:
        known = await steering.pauses(connection, scope.consumer)
        halted = [row for row in await steering.standings(connection, scope, cluster_id) if row.halted is not None]
        lifted = [found for found in known if scope.covers(found.scope.topic, found.scope.partition)]
        released = [row for row in halted if row.halted in RELEASABLE]
        done = (
            *(f"{found.scope}: resumed; it was paused{_by(found)}" for found in lifted),
            *(f"{row}: released; it was halted ({row.halted}) since {row.halted_at:%Y-%m-%d %H:%M:%SZ}" for row in released),
        )
        notes = (*_stays_halted(halted), *_stays_paused(known, lifted, scope))
        if done and not dry_run:
            operator = Operator(cluster, why)
            with operator.does("consumer.resumed", str(scope)) as noted:
                await steering.resume(connection, scope, cluster_id, operator.who, [(row.topic, row.partition) for row in released])
                if any(is_recovered(found) for found in lifted):
                    done = (*done, f"{await doubt(connection)} deliveries are unknown: they may have gone before the restore")
                noted.extend(done)
        return Outcome(done, notes)


def _stays_halted(halted: Sequence[Standing]) -> tuple[str, ...]:
    return tuple(
        f"{row} stays halted ({row.halted}): its log does not go on from offset {row.next_offset}; hub offsets set decides from where to"
        for row in halted
        if row.halted not in RELEASABLE
    )


def _stays_paused(known: Sequence[Pause], lifted: Sequence[Pause], scope: Scope) -> tuple[str, ...]:
    wider = [found for found in known if found not in lifted and found.scope.covers(scope.topic, scope.partition)]
    return tuple(f"{scope} stays paused, as {found.scope} is{_by(found)}" for found in wider)


def _by(found: Pause) -> str:
    return f" by {found.who} since {found.since:%Y-%m-%d %H:%M:%SZ}: {found.why}"


async def _cluster(settings: Settings) -> tuple[str, Cluster]:
    cluster = Cluster(settings)
    return str((await asyncio.to_thread(cluster.metadata)).cluster_id), cluster
