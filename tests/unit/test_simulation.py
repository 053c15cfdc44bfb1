"""A simulation lets the hub take the base data first, and believes nothing but a comparison."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import typer
from typer.testing import CliRunner

from hub.cli.simulate import _is_here, _seconds, simulate
from hub.cli.stack import settings_of
from hub.errors import InputError
from hub.local.identity import Identity
from hub.local.stack import Stack
from hub.world.drivers import Drivers
from hub.world.simulation import Simulated
from hub.world.simulation import simulate as run
from hub.world.trade import Request, Trade
from hub.world.truth import together
from hub.world.voice import Voice
from hub.world.world import UNTIL, World


class Listener:
    """A hub that knows the truth, but for what it is told to get wrong."""

    def __init__(self, world: World, *, forgets: str = "") -> None:
        self.world, self.trade, self.drivers, self.forgets = world, Trade(world), Drivers(world, cars=8), forgets
        self.topics: list[str] = []
        self.is_settled = False
        self.said_when_caught_up: list[list[str]] = []

    async def send(self, topic: str, **_: object) -> "asyncio.Future[None]":
        self.topics.append(topic)
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        acknowledged.set_result(None)
        return acknowledged

    async def caught_up(self) -> None:
        self.said_when_caught_up.append(list(self.topics))

    async def settled(self) -> None:
        self.is_settled = True

    async def requests(self) -> list[Request]:
        wins = ((named, row["wins"]) for named, row in self.world.truth().rows["opportunities"].items())
        return [
            Request(
                "order.requested",
                {"order": f"{dealer[7:]}/{ref}#{win}", "dealer": dealer[7:], "opportunity": ref, "win": win, "occurred_at": UNTIL},
            )
            for (dealer, ref), count in wins
            for win in range(1, count + 1)
        ]

    async def rows(self, table: str) -> AsyncIterator[Mapping[str, Any]]:
        truth = self.world.truth()
        truth = truth._replace(rows=together(truth.rows, self.trade.truth(), self.drivers.truth()))
        if table == self.forgets:
            return
        if table == "dead_letters":
            for letter in truth.dead:
                yield letter._asdict()
        elif table == "waiting":
            for wait, count in truth.waiting.items():
                for _ in range(count):
                    yield wait._asdict()
        elif table == "deliveries":
            for (principal, ref), row in truth.rows[table].items():
                person, _, step = ref.partition("/")
                state = "excluded" if row["is_excluded"] else "sent"
                yield {
                    "principal": principal,
                    "person": person,
                    "purpose": "service",
                    "state": state,
                    "channel": row["channel"],
                    "fields": {"vin": row["about"], "step": step},
                }
        else:
            for (principal, ref), row in truth.rows[table].items():
                yield {"principal": principal, "ref": ref, **row}


async def simulated(listener: Listener, *, is_verified: bool) -> Simulated:
    now = iter(range(10_000))
    voice = Voice(cast("Any", listener), lambda: float(next(now)))
    return await run(
        listener.world,
        listener.trade,
        listener.drivers,
        voice,
        listener,
        clock=lambda: float(next(now)),
        rate=None,
        seconds=8,
        is_verified=is_verified,
    )


async def test_the_dealers_speak_when_the_base_data_is_folded() -> None:
    listener = Listener(World(3, seed=1))
    done = await simulated(listener, is_verified=True)
    assert done.records == len(listener.topics)
    assert set(listener.said_when_caught_up[0]) == {"oem.base"}
    spoken = [topic.partition(".")[0] for topic in listener.said_when_caught_up[1]]
    assert spoken.index("erp") < spoken.index("carrier") < len(spoken) - spoken[::-1].index("dealer"), "they speak among the dealers"
    assert {topic.partition(".")[0] for topic in listener.topics} == {"oem", "dealer", "erp", "carrier"}
    assert listener.said_when_caught_up[-1] == listener.topics
    assert listener.is_settled
    assert done.comparison is not None
    assert done.comparison.is_equal, done.comparison.shown


async def test_without_verification_nobody_waits_for_the_hub() -> None:
    listener = Listener(World(3, seed=1))
    done = await simulated(listener, is_verified=False)
    assert done.comparison is None
    assert not listener.said_when_caught_up


@pytest.mark.parametrize(
    "table", ["customers", "opportunities", "base_data", "dead_letters", "waiting", "orders", "freight_charges", "deliveries"]
)
async def test_a_hub_that_forgets_is_found_out(table: str) -> None:
    listener = Listener(World(3, seed=1), forgets=table)
    done = await simulated(listener, is_verified=True)
    assert done.comparison is not None
    assert set(done.comparison.differing) == {table}


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("1h", 3600), ("2.5", 2.5)])
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert _seconds(text, "--for") == seconds


@pytest.mark.parametrize("text", ["", "soon", "-3s", "0", "nan", "inf", "1d", "s"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--for"):
        _seconds(text, "--for")


def test_the_command_refuses_no_dealers() -> None:
    alone = typer.Typer()
    alone.command()(simulate)
    assert CliRunner().invoke(alone, ["--dealers", "0"]).exit_code == 2


def test_only_the_hub_that_runs_here_is_told_what_came_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_DATA", str(tmp_path))
    bootstrap, url = "127.0.0.1:9192", "postgresql://hub:secret@127.0.0.1:5499/hub"
    here, elsewhere = {"kafka_bootstrap": bootstrap, "database_url": url}, {"kafka_bootstrap": "kafka.test:9092"}
    assert not _is_here(settings_of(here)), "nothing runs here yet"
    Stack(str(Identity.of(os.getpid())), bootstrap, "hub", "secret", url).write(tmp_path)
    assert _is_here(settings_of(here))
    assert not _is_here(settings_of(here | elsewhere))
    assert not _is_here(settings_of(here | {"database_url": "postgresql://hub@database.test/hub"}))
