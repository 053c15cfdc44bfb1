"""The voice keeps each topic's order and the pace that it is given."""

import asyncio
from typing import Any, cast

import pytest

from hub.world.speech import Utterance
from hub.world.voice import Pace, Voice
from hub.world.world import World


class Broker:
    """Takes records as a producer does, and remembers them."""

    def __init__(self, *, fails_at: int | None = None) -> None:
        self.taken: list[tuple[str, bytes | None, bytes | None]] = []
        self._fails_at = fails_at

    async def send(self, topic: str, *, value: bytes | None, key: bytes | None, headers: Any) -> "asyncio.Future[object]":
        del headers
        acknowledged: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.taken.append((topic, key, value))
        if len(self.taken) == self._fails_at:
            acknowledged.set_exception(ConnectionError("gone"))
        else:
            acknowledged.set_result(None)
        return acknowledged


class Time:
    """A clock that moves only when somebody pauses, or by a little with each look."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 100.0, step

    def clock(self) -> float:
        self.now += self.step
        return self.now

    async def pause(self, seconds: float) -> None:
        self.now += seconds


def voice(broker: Broker, time: Time) -> Voice:
    return Voice(cast("Any", broker), time.clock, time.pause)


async def test_everything_is_said_in_its_order() -> None:
    broker, said = Broker(), list(World(5, seed=1).utterances(2_345))
    assert await voice(broker, Time()).publish(said) == 2_345
    assert broker.taken == [(record.topic, record.key, record.value) for record in said]


async def test_a_record_that_the_broker_refuses_is_not_passed_over() -> None:
    with pytest.raises(ConnectionError):
        await voice(Broker(fails_at=700), Time()).publish(World(5, seed=1).utterances(1_000))


@pytest.mark.parametrize("rate", [7.0, 250.0, 1_500.0])
async def test_a_rate_is_kept(rate: float) -> None:
    broker = Broker()
    count = await voice(broker, Time()).talk(World(5, seed=1), rate=rate, seconds=10)
    assert count == len(broker.taken) == pytest.approx(10 * rate, rel=0.02)


async def test_without_a_rate_it_talks_until_the_time_is_over() -> None:
    heard: list[int] = []
    broker = Broker()
    count = await voice(broker, Time(step=1.0)).talk(World(5, seed=1), rate=None, seconds=5, on_batch=heard.append)
    assert count == len(broker.taken) == heard[-1] > 0
    assert heard == sorted(heard)


async def test_what_the_world_was_asked_to_say_is_on_the_broker() -> None:
    world, broker = World(5, seed=1), Broker()
    await voice(broker, Time()).talk(world, rate=1_000.0, seconds=3)
    assert world.told["records"] == len(broker.taken)


def test_lost_time_is_not_made_up_for() -> None:
    pace = Pace(100.0, 0.0)
    assert pace.due(0.0) == 1
    assert pace.due(60.0) == 100
    assert pace.due(60.0) == 0


def test_an_utterance_without_key_and_value_is_never_made() -> None:
    said: list[Utterance] = list(World(5, seed=1).utterances(20_000))
    assert not [record for record in said if record.key is None and record.value is None]
