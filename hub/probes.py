"""What an orchestrator asks a process over HTTP: is it alive, is it ready, what are its figures."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Self

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.serving import Serving
from hub.telemetry import Metrics


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
    """`/health/live`, `/health/ready` and `/metrics`: no personal data, open to whoever reaches the port."""

    def __init__(self, host: str, port: int, metrics: Metrics, measure: Callable[[], Awaitable[None]]) -> None:
        self.health: Callable[[], Health] = _starting
        self._metrics, self._measure = metrics, measure
        routes = [Route("/health/live", self._live), Route("/health/ready", self._ready), Route("/metrics", self._figures)]
        self._serving = Serving(Starlette(routes=routes), host, port)

    async def __aenter__(self) -> Self:
        await self._serving.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._serving.__aexit__()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._serving.port

    async def _live(self, _request: Request) -> Response:
        health = self.health()
        return JSONResponse({"alive": health.is_alive, "why": health.why}, 200 if health.is_alive else 503)

    async def _ready(self, _request: Request) -> Response:
        health = self.health()
        return JSONResponse({"ready": health.is_ready, "why": health.why}, 200 if health.is_ready else 503)

    async def _figures(self, _request: Request) -> Response:
        await self._measure()
        return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)
