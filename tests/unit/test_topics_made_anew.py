"""A log that ends before our offset is that of another topic, or one whose broker has lost records: never the one for the other."""

from base64 import b64encode
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from hub.state.offsets import Claimed, Paused
from hub.stream.group import Group
from hub.stream.outcome import Applied
from hub.stream.standstill import Standstill
from hub.telemetry import Metrics

HERE, FOLDED = ("dealer.ber-01.events", 0), 90
OLD, NEW = b"the topic before", b"the one made now"
KNOWN = b64encode(OLD).decode().rstrip("=")
AGAIN = pytest.mark.parametrize(("topic_id", "reason"), [(NEW, "topic_recreated"), (OLD, "offset_beyond_end")])


class Broker:
    """A topic that is shorter than it was, and maybe another: it is there, under its id, once somebody has asked where it ends."""

    def __init__(self, topic_id: bytes) -> None:
        self._topic_id, self._was_asked = topic_id, False
        self._client = SimpleNamespace(get_random_node=lambda: 0, send=self._send)

    async def _send(self, _node: int, asked: Any) -> SimpleNamespace:
        return SimpleNamespace(topics=[(0 if self._was_asked else 3, name, self._topic_id) for name in asked._names])

    async def beginning_offsets(self, handles: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(handles, 0)

    async def end_offsets(self, handles: list[TopicPartition]) -> dict[TopicPartition, int]:
        self._was_asked = True
        return dict.fromkeys(handles, 1)

    def assignment(self) -> set[TopicPartition]:
        return set()

    def pause(self, *_: TopicPartition) -> None:
        """Nothing is fetched here."""

    paused, resume = assignment, pause


def a_group(topic_id: bytes) -> Any:
    """A group that has folded more of a topic than there is of it now."""
    group: Any = Group.__new__(Group)
    group._consumer, group._owner, group.kafka, group.epochs, group._assigned = "a", "me", Broker(topic_id), {}, {HERE}
    group.still = Standstill("a", cast(Any, None), Metrics())
    group._turns = SimpleNamespace(drop=lambda _: None, gaps={})
    group._known = {HERE: KNOWN}
    return group


@AGAIN
async def test_what_comes_again_from_a_shorter_log_tells_whether_the_topic_was_made_anew(topic_id: bytes, reason: str) -> None:
    group = a_group(topic_id)
    await group._check_ends({HERE: FOLDED})
    assert group.still.halted[HERE].reason == reason


@AGAIN
async def test_a_topic_made_while_it_is_claimed_is_not_taken_for_one_that_lost_records(topic_id: bytes, reason: str) -> None:
    group = a_group(topic_id)

    @asynccontextmanager
    async def transaction() -> Any:
        yield

    async def connect() -> Any:
        return SimpleNamespace(transaction=transaction, close=lambda **_: _is(None))

    group._connect = connect
    group._offsets = SimpleNamespace(claim=lambda *_: _is({HERE: Claimed(1, FOLDED, KNOWN)}), pauses=lambda _: _is(Paused()))
    group._batch = SimpleNamespace(release_newer=lambda _: _is(Applied()))
    group._note = lambda _: None
    await group._claim_once({HERE})
    assert group.still.halted[HERE].reason == reason


async def _is(what: object) -> object:
    return what
