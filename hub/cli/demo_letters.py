"""What the post does in the demo: a printer's batch is looked at, and letters to people who moved away come back by the post's codes."""

from typing import TYPE_CHECKING, NamedTuple

import typer

if TYPE_CHECKING:
    from hub.settings import Settings
    from hub.world.drivers import Drivers

_MOVED = "11"
_PATIENCE, _LOOK_AGAIN = 20.0, 0.3


class CameBack(NamedTuple):
    """How many letters came back, and whether their addresses are left alone now."""

    letters: int
    is_heeded: bool


async def letters_come_back(settings: "Settings", drivers: "Drivers") -> CameBack:
    """Bring back what went to people who moved away, tell the hub by their codes, and wait until it knows."""
    import asyncio
    from datetime import UTC, datetime
    from time import monotonic

    from hub.channels.post.returns import CODES, Returned
    from hub.operations import post
    from hub.operations.acts import Operator
    from hub.operations.cluster import Cluster
    from hub.state.tables import rows
    from hub.wiring import kafka_options

    url, today, moved = settings.database_url.get_secret_value(), datetime.now(UTC).date(), drivers.moved()
    cause, is_permanent, _ = CODES[_MOVED]
    back = [
        Returned(str(row["id"]), _MOVED, today, cause, is_permanent)
        async for row in rows(url, "deliveries")
        if row["channel"] == "post" and row["state"] == "sent" and (row["principal"], row["person"]) in moved
    ]
    reports = await post.report(settings, back)
    operator = Operator(Cluster(settings), "what the post brought back", "mail-room")
    told = await post.publish(operator, kafka_options(settings), reports, "the post's report of today")
    keys = {report.body.address for report in reports if report.body is not None}
    until = monotonic() + _PATIENCE
    while True:
        known = {row["address"] async for row in rows(url, "suppressions") if row["is_suppressed"] and row["channel"] == "post"}
        is_heeded = keys <= known and told == len(moved)
        if is_heeded or monotonic() > until:
            break
        await asyncio.sleep(_LOOK_AGAIN)
    return CameBack(told, is_heeded)


def print_letters(settings: "Settings", came_back: CameBack) -> bool:
    """Print what went by post and what became of it; returns whether every batch lies there as its manifest says."""
    from hub.operations.post import batches

    found = batches(settings.post_folder)
    faults = [fault for one in found for fault in one.faults]
    count = "1 print batch" if len(found) == 1 else f"{len(found)} print batches"
    state = f"NOT as the manifests say: {'; '.join(faults)}" if faults else "whole by manifest and checksums"
    typer.echo(f"\nThe printer found {sum(one.letters for one in found):,} letters in {count}, {state}.")
    heeded = "nothing goes there any more" if came_back.is_heeded else "the hub does NOT know that"
    typer.echo(f"The post brought back {came_back.letters} by its code {_MOVED}, moved away: {heeded}.")
    return not faults
