"""Processes that share a consumer's partitions: none folds a record before each has its share, as a rebalance is not what is measured."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic

from bench.processes import Processes, running
from hub.errors import HubError
from hub.state import steering
from hub.state.connect import connect
from hub.state.steering import Scope

_CLAIMED = """
SELECT count(*), count(DISTINCT owner) FROM consumer_offsets WHERE consumer = $1 AND topic = ANY($2::text[]) AND owner <> ALL($3::text[])
"""
_OWNERS = "SELECT coalesce(array_agg(DISTINCT owner), '{}') FROM consumer_offsets WHERE consumer = $1"
_PATIENCE_SECONDS = 120.0
_LOOK_SECONDS = 0.1


@asynccontextmanager
async def sharing(
    url: str, consumer: str, places: Mapping[str, int], members: int, commands: Sequence[Sequence[str]], environment: Mapping[str, str]
) -> AsyncIterator[Processes]:
    """Run the commands, `members` of them of this consumer; it is paused until all of its topics' partitions are shared out."""
    scope = Scope(consumer)
    store = await connect(url, name="bench")
    try:
        before = await store.fetchval(_OWNERS, consumer)
        await steering.pause(store, scope, "", "bench", "until each process has its share", ())
        async with running(commands, environment) as processes:
            deadline = monotonic() + _PATIENCE_SECONDS
            while tuple(await store.fetchrow(_CLAIMED, consumer, list(places), before) or ()) != (sum(places.values()), members):
                processes.check()
                if monotonic() > deadline:
                    raise HubError(
                        f"bench: {members} processes of {consumer} did not share its partitions within {_PATIENCE_SECONDS:.0f} s"
                    )
                await asyncio.sleep(_LOOK_SECONDS)
            await steering.resume(store, scope, "", "bench", ())
            yield processes
    finally:
        await store.close()
