"""A mail server that takes whatever it is given as fast as it can, and counts it: `python -m bench.mail_sink PORT`."""

import asyncio
import sys
from typing import Any

import uvloop

_HELLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
_ANSWERS = {b"MAIL": b"250 ok\r\n", b"RCPT": b"250 ok\r\n", b"RSET": b"250 ok\r\n", b"NOOP": b"250 ok\r\n", b"EHLO": _HELLO}


class Sink:
    """What all connections together have taken: how many messages, how many of them for the first time, how many bytes."""

    def __init__(self) -> None:
        self.taken, self.bytes = 0, 0
        self.names: set[bytes] = set()

    def told(self) -> bytes:
        """As a client that asks for it is told."""
        return f"250 {self.taken} {len(self.names)} {self.bytes}\r\n".encode()

    def forget(self) -> None:
        """Begin again."""
        self.taken, self.bytes = 0, 0
        self.names.clear()


class Connection(asyncio.Protocol):
    """One client: commands until DATA, then a message until its dot."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self._buffer, self._is_data = sink, b"", False
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        buffer, said = self._buffer + data if self._buffer else data, []
        while buffer:
            if self._is_data:
                end = buffer.find(b"\r\n.\r\n")
                if end < 0:
                    break
                said.append(self._take(buffer[: end + 2]))
                buffer, self._is_data = buffer[end + 5 :], False
                continue
            line, mark, rest = buffer.partition(b"\r\n")
            if not mark:
                break
            buffer = rest
            said.append(self._answer(line))
        self._buffer = buffer
        if said:
            self._transport.write(b"".join(said))

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"DATA":
            self._is_data = True
            return b"354 go on\r\n"
        if verb == b"VRFY":  # how a benchmark asks for the count
            return self._sink.told()
        if verb == b"EXPN":
            self._sink.forget()
            return b"250 forgotten\r\n"
        if verb == b"QUIT":
            self._transport.close()
            return b"221 bye\r\n"
        return _ANSWERS.get(verb, b"500 what?\r\n")

    def _take(self, message: bytes) -> bytes:
        sink = self._sink
        sink.taken += 1
        sink.bytes += len(message)
        at = message.find(b"essage-I")  # Message-ID, however it is written
        sink.names.add(message[at + 10 : message.find(b"\r\n", at)])
        return b"250 taken\r\n"


async def serve(port: int) -> None:
    """Until the process is ended."""
    sink = Sink()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(sink), "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
