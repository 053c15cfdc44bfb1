"""A wire between a client and a server that breaks at the worst moment, goes silent, or is slow."""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Literal, Self

Break = Literal["answer", "question"]
Asks = Callable[[bytes], bool]
"""Whether what a client says is the question at which the line is to break."""

_MOST = 65_536
_PRODUCE = b"\0\0"


def is_commit(data: bytes) -> bool:
    """PostgreSQL's COMMIT."""
    return b"COMMIT" in data


def is_produce(data: bytes) -> bool:
    """Kafka's Produce request: after four bytes of length its key is 0."""
    return data[4:6] == _PRODUCE


def second_listener(port: int, inner: int, controller: int, proxy: int) -> dict[str, str]:
    """A broker's properties by which those who come through the proxy are sent on through it, and nobody else is."""
    return {
        "listeners": f"CLIENT://127.0.0.1:{port},LINE://127.0.0.1:{inner},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"CLIENT://127.0.0.1:{port},LINE://127.0.0.1:{proxy}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,LINE:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "listener.name.line.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.line.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    }


class Proxy:
    """Passes everything on, until it is armed: then the next such question loses its answer, or never arrives, and the line is cut.

    `speaks` may be cleared: then lines stand, new ones too, and nothing passes; `delay` are seconds that each question takes longer.
    """

    def __init__(self, server_port: int, asks: Asks = is_commit) -> None:
        self._server_port, self._asks = server_port, asks
        self.speaks = threading.Event()
        self.speaks.set()
        self.delay = 0.0
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._armed: Break | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.broken = 0

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self._listener.getsockname()[1])

    @property
    def bootstrap(self) -> str:
        """The same, as Kafka's clients are told."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.speaks.set()
        for end in (self._listener, *self._open):
            _cut(end)

    def cut(self) -> None:
        """End every line that stands; new ones may be made."""
        for end in self._open:
            _cut(end)
        self._open.clear()

    def arm(self, what: Break) -> None:
        """Break the line at the next such question: when its answer comes, or before the server hears the question."""
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
                self.speaks.wait()
                if silenced.is_set() or not _send(client, data):
                    return
            _cut(client)

        threading.Thread(target=answers, daemon=True).start()
        while data := _receive(client):
            self.speaks.wait()
            self._ended.wait(self.delay)
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
            if self._armed is None or not self._asks(data):
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
