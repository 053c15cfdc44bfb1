"""What an orchestrator asks a process over HTTP: is it alive, is it ready, what are its figures."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import NamedTuple, Self

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from hub.telemetry import Metrics

_MOST_BYTES = 8_192
_PATIENCE_SECONDS = 10.0
"""How long the head of a request may be, and how long it may take to come, or an answer to be read."""


class Health(NamedTuple):
    """Alive: it makes progress, or knows what it waits for. Ready: nothing it needs is missing. `why` says what is not.

    `stalled_seconds` is how long there has been something to do and nothing was done, whoever is to blame.
    """

    is_alive: bool
    is_ready: bool
    why: tuple[str, ...] = ()
    stalled_seconds: float = 0.0


def _starting() -> Health:
    return Health(is_alive=True, is_ready=False, why=("starting",))


class Probes:
    """`/health/live`, `/health/ready` and `/metrics`: no personal data, open to whoever reaches the port.

    One request a connection, answered by a page of code: a server for HTTP, and what it brings, would be 4 MB in every process.
    """

    def __init__(self, host: str, port: int, metrics: Metrics, measure: Callable[[], Awaitable[None]]) -> None:
        self.health: Callable[[], Health] = _starting
        self._host, self._port = host, port
        self._metrics, self._measure = metrics, measure
        self._pages = {"/health/live": self._live, "/health/ready": self._ready, "/metrics": self._figures}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, self._port, limit=_MOST_BYTES)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()  # whoever still asks is not waited for

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server is not None else self._port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, and close: who asks every few seconds need not stay."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
            answer = await self._answer(method, rest.partition(" ")[0].partition("?")[0])
            writer.write(answer.head() + (b"" if method == "HEAD" else answer.body))
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()  # who asks like that, or takes no answer, gets none
        finally:
            writer.close()

    async def _answer(self, method: str, path: str) -> "_Answer":
        page = self._pages.get(path)
        if page is None:
            return _Answer(HTTPStatus.NOT_FOUND)
        return await page() if method in {"GET", "HEAD"} else _Answer(HTTPStatus.METHOD_NOT_ALLOWED)

    async def _live(self) -> "_Answer":
        health = self.health()
        return _said(health.is_alive, {"alive": health.is_alive, "why": health.why})

    async def _ready(self) -> "_Answer":
        health = self.health()
        return _said(health.is_ready, {"ready": health.is_ready, "why": health.why})

    async def _figures(self) -> "_Answer":
        await self._measure()
        return _Answer(HTTPStatus.OK, generate_latest(self._metrics.registry), CONTENT_TYPE_LATEST)


class _Answer(NamedTuple):
    status: HTTPStatus
    body: bytes = b""
    media: str = "text/plain"

    def head(self) -> bytes:
        """All that goes before the body."""
        first = f"HTTP/1.1 {self.status} {self.status.phrase}"
        return f"{first}\r\nContent-Type: {self.media}\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n\r\n".encode()


def _said(is_so: bool, told: object) -> _Answer:
    return _Answer(HTTPStatus.OK if is_so else HTTPStatus.SERVICE_UNAVAILABLE, json.dumps(told).encode(), "application/json")
