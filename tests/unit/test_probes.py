"""Probes are answered by code of our own: what an orchestrator asks, and nothing that a stranger could hold on to."""

import asyncio
from collections.abc import AsyncIterator
from http.client import HTTPConnection
from typing import NamedTuple

import pytest

from hub import probes
from hub.probes import Health, Probes
from hub.telemetry import Metrics


class Heard(NamedTuple):
    status: int
    body: bytes
    media: str | None


@pytest.fixture
async def asked() -> AsyncIterator[Probes]:
    async def measure() -> None:
        metrics.ready.labels("crm-sync").set(1)

    metrics = Metrics()
    async with Probes("127.0.0.1", 0, metrics, measure) as served:
        yield served


async def ask(served: Probes, path: str, method: str = "GET") -> Heard:
    def heard() -> Heard:
        connection = HTTPConnection("127.0.0.1", served.port, timeout=5)
        connection.request(method, path)
        answer = connection.getresponse()
        try:
            return Heard(answer.status, answer.read(), answer.getheader("content-type"))
        finally:
            connection.close()

    return await asyncio.to_thread(heard)


async def said(served: Probes, words: bytes) -> bytes:
    """What comes back for these bytes until the connection ends; an end without a farewell is none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(words)
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_process_that_starts_is_alive_and_not_ready(asked: Probes) -> None:
    assert await ask(asked, "/health/live") == (200, b'{"alive": true, "why": ["starting"]}', "application/json")
    assert (await ask(asked, "/health/ready"))[:2] == (503, b'{"ready": false, "why": ["starting"]}')


async def test_a_probe_tells_what_is_missing(asked: Probes) -> None:
    asked.health = lambda: Health(is_alive=False, is_ready=False, why=("the consume loop has ended",))
    assert (await ask(asked, "/health/live?from=kubelet"))[:2] == (503, b'{"alive": false, "why": ["the consume loop has ended"]}')


async def test_figures_are_measured_when_they_are_asked_for(asked: Probes) -> None:
    heard = await ask(asked, "/metrics")
    assert heard.status == 200
    assert b'hub_ready{consumer="crm-sync"} 1.0' in heard.body
    assert str(heard.media).startswith("text/plain; version=")


async def test_a_head_has_no_body(asked: Probes) -> None:
    assert await said(asked, b"HEAD /health/live HTTP/1.1\r\nHost: x\r\n\r\n") == (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 36\r\nConnection: close\r\n\r\n"
    )


async def test_nothing_else_is_there(asked: Probes) -> None:
    assert (await ask(asked, "/")).status == 404
    assert (await ask(asked, "/metrics", "POST")).status == 405
    assert (await said(asked, b"what\r\n\r\n")).startswith(b"HTTP/1.1 404 ")


async def test_who_asks_too_much_gets_no_answer(asked: Probes) -> None:
    assert await said(asked, b"GET /metrics HTTP/1.1\r\n" + b"X-Long: " + b"x" * 20_000) == b""


async def test_who_does_not_come_to_an_end_is_not_waited_for(asked: Probes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "_PATIENCE_SECONDS", 0.05)
    assert await said(asked, b"GET /metrics HTTP/1.1\r\n") == b""


async def test_the_next_is_answered_whatever_became_of_the_last(asked: Probes) -> None:
    async def away() -> None:
        raise ZeroDivisionError

    asked._measure, told = away, list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(type(context["exception"])))
    assert await said(asked, b"GET /metrics HTTP/1.1\r\n\r\n") == b""
    assert told == [ZeroDivisionError]
    assert (await ask(asked, "/health/live")).status == 200
