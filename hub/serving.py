"""Serve HTTP inside a process that has its own way to start and to stop."""

import asyncio
import contextlib
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp


class Serving:
    """Serves an application from the beginning of its block to the end; `options` are uvicorn's."""

    def __init__(self, app: ASGIApp, host: str, port: int, **options: Any) -> None:  # noqa: ANN401 - uvicorn's own
        config = uvicorn.Config(app, host=host, port=port, log_config=None, lifespan="off", access_log=False, **options)
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment] # the process has its own
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started and not self._task.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        if self._task.done():
            self._task.result()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await self._task

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.servers[0].sockets[0].getsockname()[1])
