"""What is planned is planned once, as it was said."""

from uuid import NAMESPACE_URL, uuid4, uuid5

from hub.state import deliveries, rows
from hub.state.connect import connect
from hub.state.deliveries import Planned, delivery_id
from tests.support.notices import NOON, a_notice


async def test_a_notice_given_again_leaves_one_delivery_as_it_was_first(database: str) -> None:
    connection = await connect(database, name="test")
    try:
        await rows.make(connection, [deliveries.ROWS])
        first, other = a_notice("k-1", fields={"car": "X5", "at": NOON}, documents=("brochure@3",)), a_notice("k-2", channel=None)
        assert await deliveries.insert(connection, "reminders", [Planned(first, uuid4()), Planned(other, uuid4())]) == 2
        assert await deliveries.insert(connection, "campaigns", [Planned(first._replace(template="autumn"), uuid4())]) == 0
        [told, quiet] = await connection.fetch("SELECT * FROM deliveries ORDER BY dedupe_key")
    finally:
        await connection.close()
    assert (told["id"], told["state"], told["consumer"], told["template"]) == (delivery_id("k-1"), "planned", "reminders", "spring")
    assert (told["fields"], told["documents"]) == ({"car": "X5", "at": NOON.isoformat()}, ["brochure@3"])
    assert quiet["channel"] is None


def test_a_delivery_is_named_as_it_always_was() -> None:
    """What was planned by an older version is not planned once more."""
    assert delivery_id("service/VIN/ü") == uuid5(uuid5(NAMESPACE_URL, "urn:hub:delivery"), "service/VIN/ü")


async def test_two_notices_with_one_key_in_a_batch_leave_one_delivery(database: str) -> None:
    connection = await connect(database, name="test")
    try:
        await rows.make(connection, [deliveries.ROWS])
        assert await deliveries.insert(connection, "reminders", [Planned(a_notice(), uuid4()), Planned(a_notice(), uuid4())]) == 1
    finally:
        await connection.close()
