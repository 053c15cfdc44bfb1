"""What comes back of a simulated world's messages: letters to people who moved away, mail to addresses that no longer exist."""

from collections import Counter
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

    Of the rest `held` wait for their hours, so that nothing is known of them yet; `amiss` are the states of what should have gone out.
    """

    messages: int
    expected: int
    is_heeded: bool
    held: int = 0
    amiss: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether all that could go out did, and is heeded."""
        return self.is_heeded and not self.amiss

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
    return CameBack(told, len(moved), is_heeded and told == len(returned), *_rest(rows, "post", len(moved)))


async def mail_came_back(settings: "Settings", drivers: "Drivers") -> CameBack:
    """Wait until the hub knows of all mail that the server on this machine sent back: one to each who has such an address."""
    from contracts.addresses import address_key

    url, bouncing = settings.database_url.get_secret_value(), drivers.bouncing()

    async def look() -> tuple[CameBack, bool]:
        rows = await _deliveries(url, bouncing)
        sent = gone(rows, "email")
        is_heeded = await _are_left_alone(url, "email", {address_key("email", str(row["address"])) for row in sent})
        found = CameBack(len(sent), len(bouncing), is_heeded, *_rest(rows, "email", len(bouncing)))
        return found, found.is_heeded and not _is_on_its_way(rows)

    found, _ = await _in_time(look, lambda seen: seen[1])
    return found


def gone(deliveries: Sequence[Row], channel: str) -> list[Row]:
    """What has left the house by that way."""
    return [row for row in deliveries if row["channel"] == channel and row["state"] == "sent"]


def _rest(deliveries: Sequence[Row], channel: str, expected: int) -> tuple[int, tuple[str, ...]]:
    """How many wait for a time that is still to come, and the states of the others, which have not left the house by that way."""
    now, out = datetime.now(UTC), gone(deliveries, channel)
    left = [row for row in deliveries if row not in out]
    states = [
        f"sent by {row['channel']}" if row["state"] == "sent" else str(row["state"])
        for row in left
        if row["state"] not in {"planned", "pending"} or row["due_at"] <= now
    ]
    return len(left) - len(states), (*sorted(states), *["missing"] * (expected - len(deliveries)))


def in_words(letters: CameBack, mail: CameBack) -> list[str]:
    """What came back and whether that is heeded, a line for each."""
    return [
        f"The post brought back {letters.messages} by its code {_MOVED}, moved away: {_heeded(letters)}.",
        f"Mail to {mail.messages} came back, as no such address is there: {_heeded(mail)}.",
    ]


def _heeded(came_back: CameBack) -> str:
    held = f"; {came_back.held} more did not go out yet" if came_back.held else ""
    states = ", ".join(f"{count} {state}" for state, count in Counter(came_back.amiss).items())
    amiss = f"; {len(came_back.amiss)} did NOT go out: {states}" if states else ""
    return ("nothing goes there any more" if came_back.is_heeded else "the hub does NOT know that") + held + amiss


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
