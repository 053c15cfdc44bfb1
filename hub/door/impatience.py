"""End connections that do not get on: whoever comes with half a request, or does not read the answer, would keep a place from others."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""Within so long a request's head is whole."""

STALLED_SECONDS = 30.0
"""So long nothing of an answer may stand still."""

REST_SECONDS = 5.0
"""So long the rest of a body that nobody wants any more is passed over: cut off at once, its sender might not read the answer."""


class Impatient(H11Protocol):
    """uvicorn's own protocol waits for ever for a head, for an answer to be read, and for a body that nobody wants any more."""

    _head: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _rest: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Someone comes."""
        super().connection_made(transport)
        self._head = self.loop.call_later(HEAD_SECONDS, transport.abort)

    def data_received(self, data: bytes) -> None:
        """A piece of a request; what comes after it was answered is not waited for for long."""
        super().data_received(data)
        theirs, ours = self.conn.their_state, self.conn.our_state
        if theirs is h11.SEND_BODY and ours in {h11.DONE, h11.MUST_CLOSE}:
            self._rest = self._rest or self.loop.call_later(REST_SECONDS, self.transport.abort)
        elif theirs is not h11.IDLE:
            self._forget_head()
        elif self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        super().connection_lost(exc)
        self._forget_head()
        self._forget_stalled()
        if self._rest is not None:
            self._rest.cancel()

    def pause_writing(self) -> None:
        """More stands unread than we keep for them."""
        super().pause_writing()
        self._stalled = self._stalled or self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """They read on."""
        super().resume_writing()
        self._forget_stalled()

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
        self._head = None

    def _forget_stalled(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
        self._stalled = None
