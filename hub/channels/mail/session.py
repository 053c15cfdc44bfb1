"""One open connection to a mail server, on which one message follows another."""

import asyncio
import re
from collections import deque
from time import monotonic
from typing import Any, NamedTuple

import aiosmtplib

from hub.channels.mail.outcome import Stage, judge
from hub.channels.parcel import Receipt, Refused, TryLater, Unsure

_LONGEST_ANSWER, _MOST_LINES = 64_000, 200
_NAME = re.compile(r"[A-Za-z0-9-]{1,100}\Z")
_STAGES = (Stage.SENDER, Stage.RECIPIENT, Stage.DATA)
_GO_ON = 3


class Envelope(NamedTuple):
    """One message, whom it is from and for; `data` is as DATA wants it. Past `until`, by this process's steady clock, it is not said."""

    sender: str
    recipient: str
    data: bytes
    delivery: str
    until: float


class Answer(NamedTuple):
    """One answer of the server, its lines joined by blanks."""

    code: int
    text: str


class _Awaited:
    """So many answers that were asked for; fewer when the line is lost."""

    __slots__ = ("answers", "done", "number")

    def __init__(self, number: int) -> None:
        self.number, self.answers = number, list[Answer]()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


class Session(asyncio.Protocol):
    """Takes over a connection that aiosmtplib has opened, and keeps apart what came before a message's last dot and what after.

    aiosmtplib's own `sendmail` cannot be asked how far it came, and waits four times a message. Where the server allows it (RFC 2920) all
    that stands before a message goes in one piece here, together with the message before it, if there is one: then one waits once.
    """

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        assert client.transport is not None  # noqa: S101 - it has just been opened
        self._transport: Any = client.transport
        self.can_pipeline = client.supports_extension("pipelining")
        self._knows_dsn = client.supports_extension("dsn")
        self._knows_size = client.supports_extension("size")
        self._said = b""
        self._lines: list[str] = []
        self._awaited: deque[_Awaited] = deque()
        self._announced: tuple[Envelope, _Awaited] | None = None
        self._must_reset = False
        self.is_open = True
        self.sent = 0
        self._transport.set_protocol(self)

    async def hand_over(self, envelope: Envelope, seconds: float, following: Envelope | None = None) -> Receipt:
        """Send one message; so many seconds for what stands before it, and again for what comes after.

        The one `following`, only where the session can pipeline, is announced with this one's message, and has to be handed over next.
        """
        refusal = await self._before(envelope, seconds)
        if refusal:
            return refusal
        if monotonic() > envelope.until:
            self.close()
        if not self.is_open:
            return TryLater("the line was lost, or its time was over, before the message was sent")
        self.sent += 1
        said, heard = envelope.data, self._await(1)
        if following:
            said += self._words_of(following)
            self._announced = following, self._await(len(_STAGES))
        answers = await self._ask(said, heard, seconds)
        if not answers:
            self.close()
            return Unsure("the line was lost, or silent, after the message was sent")
        return self._judged(Stage.MESSAGE, answers[0])

    async def _before(self, envelope: Envelope, seconds: float) -> TryLater | Refused | None:
        """Say whom it is from and for, unless that was said already; None where the message may follow."""
        announced, self._announced = self._announced, None
        if announced:
            assert announced[0] is envelope  # noqa: S101 - whoever announces one hands it over next
            answers = await self._hear(announced[1], seconds)
        else:
            answers = await self._announce(envelope, seconds)
        for stage, answer in zip(_STAGES, answers, strict=False):
            if answer.code // 100 != (_GO_ON if stage is Stage.DATA else 2):
                receipt = self._judged(stage, answer)
                assert isinstance(receipt, TryLater | Refused)  # noqa: S101 - nothing was sent yet that could be taken
                await self._take_back(answers, seconds)
                return receipt
        if len(answers) < len(_STAGES):
            self.close()
            return TryLater("the line was lost, or silent, before the message was sent")
        return None

    async def _announce(self, envelope: Envelope, seconds: float) -> list[Answer]:
        until = monotonic() + seconds
        if self._must_reset:
            await self._ask(b"RSET\r\n", self._await(1), seconds)
            self._must_reset = False
        words = self._words_of(envelope)
        if self.can_pipeline:
            return await self._ask(words, self._await(len(_STAGES)), until - monotonic())
        answers: list[Answer] = []
        for line in words.splitlines(keepends=True):
            heard = await self._ask(line, self._await(1), until - monotonic())
            answers += heard
            if not heard or heard[0].code // 100 not in {2, _GO_ON}:
                break
        return answers

    def _words_of(self, envelope: Envelope) -> bytes:
        """All that stands before its message, a line for each stage."""
        size = f" SIZE={len(envelope.data)}" if self._knows_size else ""
        name = f" ENVID={envelope.delivery}" if self._knows_dsn and _NAME.match(envelope.delivery) else ""
        return f"MAIL FROM:<{envelope.sender}>{size}{name}\r\nRCPT TO:<{envelope.recipient}>\r\nDATA\r\n".encode()

    async def _take_back(self, answers: list[Answer], seconds: float) -> None:
        """A server that wants the message although it refused its sender or recipient gets an empty one for nobody (RFC 2920, 3.1)."""
        self._must_reset = True
        if len(answers) == len(_STAGES) and answers[-1].code // 100 == _GO_ON:
            await self._ask(b".\r\n", self._await(1), seconds)

    def _judged(self, stage: Stage, answer: Answer) -> Receipt:
        if answer.code == 421:  # noqa: PLR2004 - it closes the connection with it
            self.close()
        return judge(stage, answer.code, answer.text)

    def _await(self, number: int) -> _Awaited:
        """So many more answers are expected, behind those that are already."""
        awaited = _Awaited(number)
        self._awaited.append(awaited)
        return awaited

    async def _ask(self, said: bytes, awaited: _Awaited, seconds: float) -> list[Answer]:
        """Say something and hear its answers."""
        if self.is_open:
            self._transport.write(said)
        else:
            self._hang_up()
        return await self._hear(awaited, seconds)

    async def _hear(self, awaited: _Awaited, seconds: float) -> list[Answer]:
        """The answers; fewer when the line is lost or they do not come in time, and then it is closed."""
        if not awaited.done.done():
            late = asyncio.get_running_loop().call_later(max(0.0, seconds), self.close)
            try:
                await awaited.done
            except asyncio.CancelledError:
                self.close()
                raise
            finally:
                late.cancel()
        return awaited.answers

    def data_received(self, data: bytes) -> None:
        """Take the server's lines; what nobody asked for closes the connection, as a farewell does."""
        said = self._said + data
        if len(said) > _LONGEST_ANSWER or not self._awaited:
            self.close()
            return
        *lines, self._said = said.split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip("\r")
            if not (text[:3].isascii() and text[:3].isdigit()) or text[3:4] not in {"", " ", "-"}:
                self._answer(Answer(0, text))
                self.close()
                return
            self._lines.append(text[4:].strip())
            if len(self._lines) > _MOST_LINES:  # an answer that never ends would fill the memory
                self.close()
                return
            if text[3:4] != "-":
                self._answer(Answer(int(text[:3]), " ".join(filter(None, self._lines))))
                self._lines = []

    def _answer(self, answer: Answer) -> None:
        """Give it to whoever waits for longest."""
        if not self._awaited:
            self.close()
            return
        awaited = self._awaited[0]
        awaited.answers.append(answer)
        if len(awaited.answers) == awaited.number:
            self._awaited.popleft().end()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Whoever waits gets what came until now."""
        self._hang_up()

    def close(self) -> None:
        """Break it off."""
        self._transport.abort()
        self._hang_up()

    def _hang_up(self) -> None:
        self.is_open = False
        while self._awaited:
            self._awaited.popleft().end()

    def leave(self) -> None:
        """Say farewell, and close; nobody waits for the answer."""
        if self.is_open:
            self._transport.write(b"QUIT\r\n")
            self._transport.close()
        self.is_open = False
