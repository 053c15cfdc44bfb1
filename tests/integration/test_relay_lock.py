"""Only one relay sends; the other is a spare until the first one's session ends."""

from hub.state import outbox
from hub.state.connect import connect


async def test_of_two_relays_only_one_sends(database: str) -> None:
    first, second = await connect(database, name="relay"), await connect(database, name="spare")
    try:
        assert await outbox.become_the_relay(first)
        assert not await outbox.become_the_relay(second)
        await first.close()
        assert await outbox.become_the_relay(second)
    finally:
        await second.close()
