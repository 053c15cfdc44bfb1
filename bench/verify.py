"""Whether a run did all of its work: only then does its time count."""

from bench.load import DIGEST, Load
from hub.errors import HubError
from hub.state.store import Connection

_ROWS = f"SELECT count(*), count(*) FILTER (WHERE revision > 0), sum({DIGEST}) FILTER (WHERE revision > 0) FROM customers"  # noqa: S608 - names of our own


async def verify_rows(watcher: Connection, load: Load, rows: int) -> None:
    """Every customer shows the last that was said of it, and nobody else is there."""
    last = load.last.values()
    new = sum(1 for event in last if int(event.ref.removeprefix("C-")) >= rows)
    found = await watcher.fetchrow(_ROWS)
    expect("rows, rows written, their checksum", (rows + new, len(last), sum(event.digest for event in last)), tuple(found or ()))


async def verify_journal(watcher: Connection, load: Load, rows: int) -> None:
    """Every event is in the journal once, and nothing is dead or waits."""
    found = [await watcher.fetchval(f"SELECT count(*) FROM {table}") for table in ("journal", "dead_letters", "waiting")]  # noqa: S608 - names of our own
    expect("journal, dead letters, waiting records", (load.events + rows, 0, 0), tuple(found))


async def verify_inbox(watcher: Connection, load: Load, rows: int) -> None:
    """Every event is in the inbox once, and nothing is dead."""
    found = [await watcher.fetchval(f"SELECT count(*) FROM {table}") for table in ("inbox", "dead_letters")]  # noqa: S608 - names of our own
    expect("inbox, dead letters", (load.events + rows, 0), tuple(found))


async def verify_told(watcher: Connection, logged: int) -> None:
    """The outbox is empty, and the log got as many records as it said it had sent: `logged` of them during this run."""
    left = await watcher.fetchval("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_apart)")
    sent = await watcher.fetchval("SELECT count(*) FROM outbox_sent")
    expect("outbox, records told", (0, logged), (left, sent))
    if not sent:
        raise HubError("bench: nothing was told on Kafka: this run does not count")


def expect(what: str, expected: object, found: object) -> None:
    """Raise HubError unless both are the same."""
    if expected != found:
        raise HubError(f"bench: {what}: expected {expected}, found {found}: this run does not count")
