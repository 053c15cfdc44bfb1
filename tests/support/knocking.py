"""Knock at the door without a process: one ASGI request to the application, with a database and no broker behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from starlette.types import Message

from hub.consumers import CONSUMERS
from hub.door.app import application
from hub.door.desk import Desk, Keys
from hub.door.judging import Judge
from hub.door.limits import LINKS, Limits
from hub.errors import Unavailable
from hub.producers.lines import Lines, Saying
from hub.state.document_store import DocumentStore
from hub.state.store import Connection
from hub.telemetry import Metrics

T = TypeVar("T")
SECRET = b"a-secret-of-links"


class Answer(NamedTuple):
    """What the door said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """A line to the database; what is said goes nowhere but into `said`."""

    def __init__(self, connection: "Connection | None") -> None:
        self._connection = connection
        self.said: list[Saying] = []

    async def ask(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        """What the database answers."""
        if self._connection is None:
            raise Unavailable("the database does not answer")
        return await question(self._connection)

    async def say(self, sayings: Iterable[Saying]) -> list[str]:
        """Where each would stand."""
        first = len(self.said)
        self.said += sayings
        return [f"{one.topic}@0:{place}" for place, one in enumerate(self.said[first:], first)]


class Door:
    """The application with a desk of its own."""

    def __init__(self, connection: "Connection | None" = None, documents: Path = Path("none"), **keys: Any) -> None:
        self.line = Line(connection)
        self.desk = Desk(
            lines=cast("Lines", self.line),
            judge=Judge(CONSUMERS.values(), 1_000_000),
            keys=Keys(**{"links": (SECRET,), "sms": "", "bounces": "", **keys}),
            public_url="https://hub.example",
            mail_domain="hub.example",
            dealers=Limits(100, 400),
            links=Limits(*LINKS),
            kept=DocumentStore(documents),
            metrics=Metrics(),
        )
        self._app = application(self.desk)

    async def knock(self, method: str, path: str, body: Iterable[bytes] = (), *, headers: Iterable[tuple[str, str]] = ()) -> Answer:
        """One request, its body in these parts."""
        plain, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": plain,
            "raw_path": plain.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            "client": ("203.0.113.7", 4711),
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "root_path": "",
        }
        parts, heard = iter((*body, b"")), list[Message]()

        async def receive() -> Message:
            part = next(parts, None)
            if part is None:
                await asyncio.Event().wait()  # a client that stays, and says nothing more
            return {"type": "http.request", "body": part, "more_body": bool(part)}

        async def send(message: Message) -> None:
            heard.append(message)

        await self._app(scope, receive, send)
        told = {name.decode(): value.decode("latin-1") for name, value in heard[0]["headers"]}
        return Answer(heard[0]["status"], told, b"".join(message.get("body", b"") for message in heard[1:]))
