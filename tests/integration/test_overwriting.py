"""The statement that overwrites states follows the order that the rules follow."""

from datetime import timedelta
from itertools import product
from uuid import UUID

from hub.rules.customers import Customer
from hub.rules.decision import Subject
from hub.rules.order import Position, beyond
from hub.state import rows, stores
from hub.state.connect import connect
from hub.state.store import Kept
from hub.state.together import ask
from tests.support.engine import NOON

FIRST, SECOND = UUID(int=1), UUID(int=2)
PLACES = [(NOON + timedelta(hours=hours), revision, tie) for hours, revision, tie in product((0, 1), (None, 1, 2), ("a", "B", "b"))]


def _state(name: str) -> Customer:
    return Customer(**{**dict.fromkeys(Customer._fields), "customer_kind": "person", "name": name, "status": "active", "segments": []})  # type: ignore[arg-type]


async def test_whoever_is_overwritten_is_exactly_who_is_not_past_it(database: str) -> None:
    pairs = {Subject("oem", f"C{number:04}"): pair for number, pair in enumerate(product(PLACES, PLACES))}
    before = {
        subject: Kept(1, Position(at, revision or 0, tie), FIRST, _state("old")) for subject, ((at, revision, tie), _) in pairs.items()
    }
    news = {
        subject: Kept(1, Position(at, revision or 0, tie), SECOND, _state("new")) for subject, (_, (at, revision, tie)) in pairs.items()
    }
    connection = await connect(database, name="test")
    try:
        await rows.make(connection, stores.customers.rows)
        await ask(connection, *stores.customers.saving(before, {}))
        overwriting = {subject: stores.customers.row(subject, kept) for subject, kept in news.items()}
        await ask(connection, stores.customers.overwriting(overwriting))
        kept = await stores.customers.load(connection, list(pairs))
    finally:
        await connection.close()
    for subject, (_, (at, revision, tie)) in pairs.items():
        after = beyond(before[subject].position, at, revision, tie)
        found = kept[subject]._replace(place=None)
        assert found == (before[subject] if after is None else Kept(2, after, SECOND, _state("new"))), pairs[subject]
