"""The words `hub outbox …`: what was set aside is seen, tried again or given up, and an act tells of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from click.testing import Result
from typer.testing import CliRunner

from hub.cli.outbox import app
from hub.errors import InputError
from hub.local.kafka import Kafka
from hub.producers.relay import Relay
from hub.state import outbox
from hub.state.connect import connect
from hub.telemetry import Metrics
from hub.wiring import make_producer
from tests.support.desk import Desk, desk_at
from tests.support.eventually import eventually_async
from tests.support.kafka_clients import acts_of, environment_of, settings_of, with_acts

BODY = b'{"subject": "ber-01/C1", "name": "Ada Lovelace"}'


@pytest.fixture
async def desk(kafka: Kafka, database: str) -> AsyncIterator[Desk]:
    with_acts(settings_of(kafka))
    async with desk_at(kafka, database) as found:
        yield found


def typed(desk: Desk, database: str, *words: str) -> Result:
    """The command line, which has an event loop of its own."""
    environment = environment_of(desk.settings) | {"HUB_DATABASE_URL": database}
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(CliRunner(env=environment).invoke, app, list(words)).result()


async def test_an_empty_outbox_says_so(desk: Desk, database: str) -> None:
    assert "No event is set aside." in typed(desk, database, "list").output
    assert json.loads(typed(desk, database, "list", "--json").output) == []


async def test_what_is_set_aside_is_listed_with_what_waits_behind_it_and_shown_masked(desk: Desk, database: str) -> None:
    nowhere = f"nowhere-{uuid4().hex[:8]}"
    stuck, _, _, other = await desk.say(("A", BODY, nowhere), ("A", BODY, nowhere), ("A", BODY, ""), ("B", BODY, nowhere))
    await desk.send()
    listed = json.loads(typed(desk, database, "list", "--topic", nowhere, "--key", "A", "--json").output)
    assert [(event["event_id"], event["reason"], event["behind"]) for event in listed] == [(str(stuck), "unknown_topic", 1)]
    assert str(other)[:8] in typed(desk, database, "list").output
    shown = typed(desk, database, "show", str(stuck)[:8])
    assert nowhere in shown.output
    assert "Ada" not in shown.output
    unmasked = typed(desk, database, "show", str(stuck)[:8], "--unmask", "--why", "asked by its dealer")
    assert "Ada" in unmasked.output
    assert (acts_of(desk.settings)[-1].what, acts_of(desk.settings)[-1].subject) == ("outbox.unmasked", str(stuck))


async def test_what_is_released_goes_in_its_order_and_the_act_says_so(desk: Desk, database: str) -> None:
    nowhere = f"nowhere-{uuid4().hex[:8]}"
    events = await desk.say(("A", b"1", nowhere), ("B", b"1", nowhere), ("A", b"2", nowhere))
    await desk.send()
    foretold = json.loads(typed(desk, database, "release", "--topic", nowhere, "--dry-run", "--json").stdout)
    assert ([event["topic"] for event in foretold["events"]], foretold["done"], await desk.sent()) == ([nowhere] * 2, [], [])
    await desk.make(nowhere)
    done = typed(desk, database, "release", "--topic", nowhere, "--why", "the topic is there", "--yes")
    assert "2 released" in done.output
    act = acts_of(desk.settings)[-1]
    assert (act.what, act.subject, act.why, act.state) == ("outbox.released", nowhere, "the topic is there", "carried out")
    assert len(act.effect) == 2
    await desk.send()
    assert [event for _, event in await desk.log(nowhere)] == events


async def test_what_is_dropped_never_leaves_and_what_waits_behind_it_goes_on(desk: Desk, database: str) -> None:
    large, behind = await desk.say(("A", b"x" * 1_100_000, ""), ("A", b"{}", ""))
    await desk.send()
    done = typed(desk, database, "drop", str(large), "--why", "a test", "--yes")
    assert "1 dropped" in done.output
    await desk.send()
    assert await desk.log() == [("A", behind)]
    assert await desk.left() == {}
    assert acts_of(desk.settings)[-1].what == "outbox.dropped"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("release", "--why", "all of it"), "ID"),
        (("drop", "12", "--why", "a test"), "ID"),
        (("drop", "00000000", "--why", "a test"), "ID"),
        (("drop", "--key", "A", "--yes"), "--why"),
        (("drop", "--key", "A", "--why", "a test"), "--yes"),
    ],
)
async def test_what_is_not_clear_is_not_done(desk: Desk, database: str, words: tuple[str, ...], field: str) -> None:
    large = await desk.write("A", b"x" * 1_100_000)
    await desk.send()
    refused = typed(desk, database, *words)
    assert isinstance(refused.exception, InputError)
    assert refused.exception.path == field
    assert list(await desk.left()) == [large]


async def test_a_running_relay_sends_at_once_what_an_operator_released(desk: Desk, database: str) -> None:
    [event] = await desk.say(("A", b"{}", ""))
    [segment] = await outbox.oldest(desk.connection, 1)
    await outbox.put_apart(desk.connection, [(each, "TopicAuthorizationFailedError") for each in segment.events()])
    await desk.connection.execute("DELETE FROM outbox")
    relay = Relay(lambda: connect(database, name="relay"), lambda: make_producer(desk.settings), Metrics())
    task = asyncio.create_task(relay.run())

    async def is_gone(event: UUID) -> bool:
        return event in await desk.sent()

    before = await desk.write("B")
    await eventually_async(lambda: is_gone(before))
    assert list(await desk.left()) == [event]
    typed(desk, database, "release", "--key", "A", "--why", "the right was given", "--yes")
    await eventually_async(lambda: is_gone(event))
    assert await desk.sent() == [before, event]
    task.cancel()
