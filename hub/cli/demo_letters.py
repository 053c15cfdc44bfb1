"""What comes back in the demo: letters to people who moved away, by the post's codes, and mail to addresses that no longer exist."""

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import typer

from hub.cli.printing import counted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hub.settings import Settings
    from hub.world.drivers import Drivers

T = TypeVar("T")

_MOVED = "11"
_PATIENCE, _LOOK_AGAIN = 20.0, 0.3


class CameBack(NamedTuple):
    """How many letters or mails came back, and whether their addresses are left alone now."""

    messages: int
    is_heeded: bool


async def letters_come_back(settings: "Settings", drivers: "Drivers") -> CameBack:
    """Bring back what went to people who moved away, tell the hub by their codes, and wait until it knows."""
    from datetime import UTC, datetime

    from hub.channels.post.returns import CODES, Returned
    from hub.operations import post
    from hub.operations.acts import Operator
    from hub.operations.cluster import Cluster
    from hub.state.tables import rows
    from hub.wiring import kafka_options

    url, today, moved = settings.database_url.get_secret_value(), datetime.now(UTC).date(), drivers.moved()
    cause, is_permanent, _ = CODES[_MOVED]

    async def back() -> list[Returned]:
        return [
            Returned(str(row["id"]), _MOVED, today, cause, is_permanent)
            async for row in rows(url, "deliveries")
            if row["channel"] == "post" and row["state"] == "sent" and (row["principal"], row["person"]) in moved
        ]

    reports = await post.report(settings, await _in_time(back, lambda found: len(found) == len(moved)))
    operator = Operator(Cluster(settings), "what the post brought back", "mail-room")
    told = await post.publish(operator, kafka_options(settings), reports, "the post's report of today")
    keys = {report.body.address for report in reports if report.body is not None}
    is_heeded = await _in_time(lambda: _are_left_alone(url, "post", keys), bool)
    return CameBack(told, is_heeded and told == len(moved))


async def mail_came_back(settings: "Settings", drivers: "Drivers") -> CameBack:
    """Wait until the hub knows of all mail that the server on this machine sent back: one to each who has such an address."""
    from contracts.addresses import address_key
    from hub.state.tables import rows

    url, bouncing = settings.database_url.get_secret_value(), drivers.bouncing()

    async def look() -> CameBack:
        sent = [
            address_key("email", str(row["address"]))
            async for row in rows(url, "deliveries")
            if row["channel"] == "email" and row["state"] == "sent" and (row["principal"], row["person"]) in bouncing
        ]
        return CameBack(len(sent), len(sent) == len(bouncing) and await _are_left_alone(url, "email", set(sent)))

    return await _in_time(look, lambda found: found.is_heeded)


async def _are_left_alone(url: str, channel: str, keys: set[str]) -> bool:
    """Whether those addresses are suppressed."""
    from hub.state.tables import rows

    return keys <= {row["address"] async for row in rows(url, "suppressions") if row["is_suppressed"] and row["channel"] == channel}


async def _in_time(look: "Callable[[], Awaitable[T]]", is_it: "Callable[[T], bool]") -> T:
    """What is seen once it is as expected, or when patience ends."""
    import asyncio
    from time import monotonic

    until = monotonic() + _PATIENCE
    while True:
        found = await look()
        if is_it(found) or monotonic() > until:
            return found
        await asyncio.sleep(_LOOK_AGAIN)


def print_letters(settings: "Settings", letters: CameBack, mail: CameBack) -> bool:
    """Print what went by post, and what came back; returns whether every batch lies there as its manifest says."""
    from hub.operations.post import batches

    found = batches(settings.post_folder)
    faults = [fault for one in found for fault in one.faults]
    count = counted(len(found), "print batch", "print batches")
    state = f"NOT as the manifests say: {'; '.join(faults)}" if faults else "whole by manifest and checksums"
    typer.echo(f"\nThe printer found {sum(one.letters for one in found):,} letters in {count}, {state}.")
    typer.echo(f"The post brought back {letters.messages} by its code {_MOVED}, moved away: {_heeded(letters)}.")
    typer.echo(f"Mail to {mail.messages} came back, as no such address is there: {_heeded(mail)}.")
    return not faults


def _heeded(came_back: CameBack) -> str:
    return "nothing goes there any more" if came_back.is_heeded else "the hub does NOT know that"
