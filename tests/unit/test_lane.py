"""How many deliveries a lane has in hand."""

from typing import Any, cast
from uuid import uuid4

import pytest

from hub.channels.claim import Desk, Hand
from hub.channels.lane import Lane, WayOut
from hub.rules.bounce_wave import Brake
from hub.rules.limits import Limits
from hub.telemetry import Metrics
from tests.support.message_centre import CountingProvider, write


class Asked:
    """A desk with nothing on it, which notes how much was asked for."""

    def __init__(self) -> None:
        self.most: list[int] = []

    async def take(self, _connection: object, _channel: object, _provider: object, most: int) -> Hand:
        """Nothing is due."""
        self.most.append(most)
        return Hand(uuid4(), 0.0, (), is_more=False)


@pytest.mark.parametrize(("limits", "least", "most"), [("", 400, 400), ("smtp=100/1s", 200, 400), ("smtp=10/1s", 25, 50)])
async def test_couriers_that_share_a_limit_take_unlike_hands_so_that_they_do_not_run_out_together(
    limits: str, least: int, most: int
) -> None:
    desk = Asked()
    lane = Lane(WayOut("email", "smtp", CountingProvider()), cast("Desk", desk), write, Limits.read(limits), Brake(50, 10), Metrics())
    for _ in range(100):
        await lane.turn(cast("Any", None))
    assert all(least <= number <= most for number in desk.most)
    assert (len(set(desk.most)) > 1) == bool(limits)
