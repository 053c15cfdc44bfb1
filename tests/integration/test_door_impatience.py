"""Who comes slowly, or does not read, does not keep others out."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub.door import impatience
from hub.serving import Serving
from tests.support.eventually import eventually_async


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers at once, and never looks at a body; `/large` with more than anybody keeps for a reader."""
    await Response(b"x" * (50_000_000 if scope["path"] == "/large" else 1))(scope, receive, send)


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serving]:
    monkeypatch.setattr(impatience, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(impatience, "STALLED_SECONDS", 0.2)
    monkeypatch.setattr(impatience, "REST_SECONDS", 0.2)
    async with Serving(app, "127.0.0.1", 0, http=impatience.Impatient, timeout_keep_alive=60, timeout_graceful_shutdown=1) as serving:
        yield serving


async def nobody_left(served: Serving) -> bool:
    return not served._server.server_state.connections


async def until_ended(served: Serving, *said: bytes, reads: bool = True) -> bytes:
    """What is answered until the other side has ended the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=2**10)
    for piece in said:
        writer.write(piece)
        await writer.drain()
    got = b""
    try:
        if reads:
            while part := await reader.read(1_000):
                got += part
        else:
            await eventually_async(lambda: nobody_left(served))
    except ConnectionError:
        pass
    writer.close()
    return got


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n"])
async def test_a_head_that_does_not_come_to_its_end_is_not_waited_for(served: Serving, said: bytes) -> None:
    assert await until_ended(served, said) == b""


async def test_nor_is_a_second_one_after_a_whole_request(served: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert b"200 OK" in await reader.readuntil(b"\r\n\r\nx")
    writer.write(b"GET / HT")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await reader.readexactly(1)
    writer.close()


async def test_a_body_that_comes_after_the_answer_ends_the_connection(served: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n")
    assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(1)
    with contextlib.suppress(ConnectionError):
        while not reader.at_eof():  # each piece comes before the line was silent for long
            writer.write(b"more")
            await writer.drain()
            await asyncio.sleep(0)
    writer.close()


async def test_an_answer_that_nobody_reads_is_given_up(served: Serving) -> None:
    await until_ended(served, b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n", reads=False)
    assert await nobody_left(served)
