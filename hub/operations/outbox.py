"""What an operator can do about events that were set aside: look, let the relay try again, or give them up."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from uuid import UUID

from pydantic_core import from_json

from hub.operations.acts import Operator
from hub.operations.cluster import Cluster
from hub.operations.places import store
from hub.operations.shortened import Shortened
from hub.rules.masking import mask, mask_reference, shape
from hub.settings import Settings
from hub.state import outbox_desk
from hub.state.outbox_desk import Aside, Choice
from hub.state.store import Connection

_ASIDE = Shortened("an event that is set aside", "hub outbox list")


async def find(settings: Settings, choice: Choice, most: int) -> list[Aside]:
    """The events chosen, in the order in which they were said."""
    async with store(settings) as connection:
        return await outbox_desk.aside(connection, choice, most)


async def named(settings: Settings, names: Iterable[str]) -> list[Aside]:
    """The events whose ids begin so; raises InputError for a name that none, or several, have."""
    found = {}
    for name in names:
        _ASIDE.check(name)
        event = _ASIDE.only(await find(settings, Choice(event=name), 2), name)
        found[event.id] = event
    return [found[number] for number in sorted(found)]


def masked(event: Aside) -> Aside:
    """With a key that looks like a reference, or its shape."""
    return event._replace(key=mask_reference(event.key))


def content(event: Aside, *, is_masked: bool = True) -> object:
    """What the event says, as far as it can be read."""
    try:
        body = from_json(event.body)
    except ValueError:
        return shape(event.body) if is_masked else event.body.decode("utf-8", "backslashreplace")
    return mask(event.type, body) if is_masked else body


async def release(settings: Settings, events: Sequence[Aside], *, why: str) -> tuple[str, ...]:
    """Let the relay try these again at once; returns, in words, what was done of it."""
    return await _act(settings, "outbox.released", outbox_desk.release, events, why)


async def drop(settings: Settings, events: Sequence[Aside], *, why: str) -> tuple[str, ...]:
    """Give these up: nobody will ever hear of them, and what waits behind them goes on; returns, in words, what was done of it."""
    return await _act(settings, "outbox.dropped", outbox_desk.drop, events, why)


async def _act(
    settings: Settings,
    what: str,
    act: Callable[[Connection, Sequence[Aside]], Awaitable[set[UUID]]],
    events: Sequence[Aside],
    why: str,
) -> tuple[str, ...]:
    topics = sorted({event.topic for event in events})
    subject = topics[0] if len(topics) == 1 else f"{len(topics)} topics"
    operator = Operator(Cluster(settings), why)
    async with store(settings) as connection:
        with operator.does(what, subject, [_words(event) for event in events]) as done:
            changed = await act(connection, events)
            done.extend(_words(event) for event in events if event.event_id in changed)
    return tuple(done)


def _words(event: Aside) -> str:
    return f"{event.event_id} {event.type} for {event.topic}, set aside: {event.reason}"
