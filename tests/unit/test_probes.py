"""An orchestrator hears by the status whether a process is alive and ready, and in the answer what is missing."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http.client import HTTPConnection

import pytest

from hub.probes import Health, Probes
from hub.telemetry import Metrics

Ask = Callable[[str], Awaitable[tuple[int, str]]]


@asynccontextmanager
async def asking(health: Health | None = None) -> AsyncIterator[tuple[Ask, list[str]]]:
    """Ask a process of that health for status and answer of a path, beside how often it was measured."""
    measured: list[str] = []

    async def measure() -> None:
        measured.append("once")

    async with Probes("127.0.0.1", 0, Metrics(), measure) as probes:
        if health is not None:
            probes.health = lambda: health

        def request(path: str) -> tuple[int, str]:
            connection = HTTPConnection("127.0.0.1", probes.port, timeout=10)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            finally:
                connection.close()

        yield lambda path: asyncio.to_thread(request, path), measured


@pytest.mark.parametrize(
    ("health", "live", "ready"),
    [
        pytest.param(None, 200, 503, id="starting"),
        pytest.param(Health(is_alive=True, is_ready=True), 200, 200, id="well"),
        pytest.param(Health(is_alive=True, is_ready=False, why=("no database",)), 200, 503, id="waits"),
        pytest.param(Health(is_alive=False, is_ready=False, why=("no progress",)), 503, 503, id="stalled"),
    ],
)
async def test_a_probe_answers_by_its_status_and_says_why(health: Health | None, live: int, ready: int) -> None:
    why = ["starting"] if health is None else list(health.why)
    async with asking(health) as (ask, measured):
        for path, name, expected in (("live", "alive", live), ("ready", "ready", ready)):
            status, body = await ask(f"/health/{path}")
            assert (status, json.loads(body)) == (expected, {name: expected == 200, "why": why})
        assert measured == [], "a probe asks nobody else"


async def test_figures_are_measured_when_they_are_asked_for() -> None:
    async with asking() as (ask, measured):
        status, body = await ask("/metrics")
    assert (status, measured) == (200, ["once"])
    assert "# TYPE hub_ready gauge" in body


async def test_there_is_nothing_else() -> None:
    async with asking() as (ask, measured):
        assert [(await ask(path))[0] for path in ("/", "/health", "/health/live/x")] == [404] * 3
    assert measured == []
