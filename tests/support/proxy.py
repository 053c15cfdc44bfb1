"""A wire between a client and a server that breaks at the worst moment."""

import contextlib
import socket
import threading
from typing import Literal, Self

Break = Literal["answer", "question"]

COMMIT = b"COMMIT"
_MOST = 65_536


class Proxy:
    """Passes everything on, until it is armed: then the next COMMIT loses its answer, or never arrives, and the line is cut."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._armed: Break | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.broken = 0

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._listener, *self._open):
            _cut(end)

    def arm(self, what: Break) -> None:
        """Break the line at the next COMMIT: when its answer comes, or before the server hears the question."""
        self._armed = what

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                return
            self._open |= {client, server}
            threading.Thread(target=self._serve, args=(client, server), daemon=True).start()

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        """Questions pass in this thread, answers in another, so that an answer can be waited for and dropped."""
        silenced = threading.Event()
        answered = threading.Event()

        def answers() -> None:
            while data := _receive(server):
                answered.set()
                if silenced.is_set() or not _send(client, data):
                    return
            _cut(client)

        threading.Thread(target=answers, daemon=True).start()
        while data := _receive(client):
            broken = self._breaks(data)
            if broken == "question":
                break
            if broken == "answer":
                answered.clear()
                silenced.set()
            if not _send(server, data):
                break
            if broken:
                answered.wait(10)
                break
        for end in (client, server):
            _cut(end)

    def _breaks(self, data: bytes) -> Break | None:
        with self._lock:
            if self._armed is None or COMMIT not in data:
                return None
            broken, self._armed = self._armed, None
            self.broken += 1
            return broken


def _receive(end: socket.socket) -> bytes:
    try:
        return end.recv(_MOST)
    except OSError:
        return b""


def _send(end: socket.socket, data: bytes) -> bool:
    try:
        end.sendall(data)
    except OSError:
        return False
    return True


def _cut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
