"""What comes back of a simulated world's messages: letters to people who moved away, mail to addresses that no longer exist."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from hub.settings import Settings
    from hub.world.drivers import Drivers

T = TypeVar("T")
Row = Mapping[str, Any]

_MOVED = "11"
_PATIENCE, _LOOK_AGAIN = timedelta(seconds=20), 0.3


class CameBack(NamedTuple):
    """How many letters or mails came back, of how many that are to go out, and whether their addresses are left alone now.

    What waits for its hours has not gone out yet, and of that nothing is known.
    """

    messages: int
    expected: int
    is_heeded: bool

    @property
    def is_whole(self) -> bool:
        """Whether all of them went out, came back and are heeded."""
        return self.is_heeded and self.messages == self.expected


async def letters_come_back(settings: "Settings", drivers: "Drivers") -> CameBack:
    """Bring back what went to people who moved away, tell the hub by their codes, and wait until it knows."""
    from hub.channels.post.returns import CODES, Returned
    from hub.operations import post
    from hub.operations.acts import Operator
    from hub.operations.cluster import Cluster
    from hub.wiring import kafka_options

    url, today, moved = settings.database_url.get_secret_value(), datetime.now(UTC).date(), drivers.moved()
    cause, is_permanent, _ = CODES[_MOVED]
    rows = await _in_time(lambda: _deliveries(url, moved), lambda found: not _is_on_its_way(found))
    returned = [Returned(str(row["id"]), _MOVED, today, cause, is_permanent) for row in gone(rows, "post")]
    reports = await post.report(settings, returned)
    operator = Operator(Cluster(settings), "what the post brought back", "mail-room")
    told = await post.publish(operator, kafka_options(settings), reports, "the post's report of today")
    keys = {report.body.address for report in reports if report.body is not None}
    is_heeded = await _in_time(lambda: _are_left_alone(url, "post", keys), bool)
    return CameBack(told, len(moved), is_heeded and told == len(returned))


async def mail_came_back(settings: "Settings", drivers: "Drivers") -> CameBack:
    """Wait until the hub knows of all mail that the server on this machine sent back: one to each who has such an address."""
    from contracts.addresses import address_key

    url, bouncing = settings.database_url.get_secret_value(), drivers.bouncing()

    async def look() -> tuple[CameBack, bool]:
        rows = await _deliveries(url, bouncing)
        keys = {address_key("email", str(row["address"])) for row in gone(rows, "email")}
        found = CameBack(len(gone(rows, "email")), len(bouncing), await _are_left_alone(url, "email", keys))
        return found, found.is_heeded and not _is_on_its_way(rows)

    found, _ = await _in_time(look, lambda seen: seen[1])
    return found


def gone(deliveries: Sequence[Row], channel: str) -> list[Row]:
    """What has left the house by that way."""
    return [row for row in deliveries if row["channel"] == channel and row["state"] == "sent"]


def in_words(letters: CameBack, mail: CameBack) -> list[str]:
    """What came back and whether that is heeded, a line for each."""
    return [
        f"The post brought back {letters.messages} by its code {_MOVED}, moved away: {_heeded(letters)}.",
        f"Mail to {mail.messages} came back, as no such address is there: {_heeded(mail)}.",
    ]


def _heeded(came_back: CameBack) -> str:
    left = came_back.expected - came_back.messages
    held = f"; {left} more did not go out yet" if left else ""
    return ("nothing goes there any more" if came_back.is_heeded else "the hub does NOT know that") + held


def _is_on_its_way(deliveries: Sequence[Row]) -> bool:
    """Whether a courier has some of it in hand, or will have while we wait: not what waits for its hours."""
    soon = datetime.now(UTC) + _PATIENCE
    return any(row["state"] == "claimed" or (row["state"] in {"planned", "pending"} and row["due_at"] <= soon) for row in deliveries)


async def _deliveries(url: str, people: "Collection[tuple[str, str]]") -> list[Row]:
    from hub.state.tables import rows

    return [row async for row in rows(url, "deliveries") if (row["principal"], row["person"]) in people]


async def _are_left_alone(url: str, channel: str, keys: set[str]) -> bool:
    """Whether those addresses are suppressed."""
    from hub.state.tables import rows

    return keys <= {row["address"] async for row in rows(url, "suppressions") if row["is_suppressed"] and row["channel"] == channel}


async def _in_time(look: "Callable[[], Awaitable[T]]", is_it: "Callable[[T], bool]") -> T:
    """What is seen once it is as expected, or when patience ends."""
    import asyncio
    from time import monotonic

    until = monotonic() + _PATIENCE.total_seconds()
    while True:
        found = await look()
        if is_it(found) or monotonic() > until:
            return found
        await asyncio.sleep(_LOOK_AGAIN)
