"""One open connection to a mail server, on which one message follows another."""

import asyncio
import re
from typing import Any, NamedTuple

import aiosmtplib

from hub.channels.mail.outcome import Stage, judge
from hub.channels.parcel import Receipt, Refused, TryLater, Unsure

_LONGEST_ANSWER, _MOST_LINES = 64_000, 200
_NAME = re.compile(r"[A-Za-z0-9-]{1,100}\Z")
_UNEVEN = re.compile(rb"\r\n|\n|\r")


class Answer(NamedTuple):
    """One answer of the server, its lines joined by blanks."""

    code: int
    text: str


class Session(asyncio.Protocol):
    """Takes over a connection that aiosmtplib has opened, and keeps apart what came before a message's last dot and what after.

    aiosmtplib's own `sendmail` cannot be asked how far it came, and waits four times a message; where the server allows it
    (RFC 2920) all that stands before the message goes in one piece here.
    """

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        assert client.transport is not None  # noqa: S101 - it has just been opened
        self._transport: Any = client.transport
        self._can_pipeline = client.supports_extension("pipelining")
        self._knows_dsn = client.supports_extension("dsn")
        self._knows_size = client.supports_extension("size")
        self._said = bytearray()
        self._lines: list[str] = []
        self._answers: list[Answer] = []
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._must_reset = False
        self.is_open = True
        self.sent = 0
        self._transport.set_protocol(self)

    async def hand_over(self, sender: str, recipient: str, message: bytes, delivery: str, seconds: float) -> Receipt:
        """Send one message; so many seconds for what stands before it, and again for what comes after."""
        message = as_data(message)
        size = f" SIZE={len(message)}" if self._knows_size else ""
        envelope = f" ENVID={delivery}" if self._knows_dsn and _NAME.match(delivery) else ""
        asked = ((Stage.SENDER, f"MAIL FROM:<{sender}>{size}{envelope}"), (Stage.RECIPIENT, f"RCPT TO:<{recipient}>"), (Stage.DATA, "DATA"))
        refusal = await self._before(asked, self._now() + seconds)
        if refusal:
            return refusal
        self.sent += 1
        answers = await self._ask(message, 1, self._now() + seconds)
        if not answers:
            self.close()
            return Unsure("the line was lost, or silent, after the message was sent")
        return self._judged(Stage.MESSAGE, answers[0])

    async def _before(self, asked: tuple[tuple[Stage, str], ...], until: float) -> TryLater | Refused | None:
        """Say whom it is from and for; None where the message may follow."""
        lines = [line for _, line in asked]
        if self._must_reset:
            await self._ask(b"RSET\r\n", 1, until)
            self._must_reset = False
        if self._can_pipeline:
            answers = await self._ask("".join(f"{line}\r\n" for line in lines).encode(), len(lines), until)
        else:
            answers = []
            for line in lines:
                heard = await self._ask(f"{line}\r\n".encode(), 1, until)
                answers += heard
                if not heard or heard[0].code // 100 not in {2, 3}:
                    break
        for (stage, _), answer in zip(asked, answers, strict=False):
            if answer.code // 100 != (3 if stage is Stage.DATA else 2):
                receipt = self._judged(stage, answer)
                assert isinstance(receipt, TryLater | Refused)  # noqa: S101 - nothing was sent yet that could be taken
                await self._take_back(answers, len(asked), until)
                return receipt
        if len(answers) < len(asked):
            self.close()
            return TryLater("the line was lost, or silent, before the message was sent")
        return None

    async def _take_back(self, answers: list[Answer], asked: int, until: float) -> None:
        """A server that wants the message although it refused its sender or recipient gets an empty one for nobody (RFC 2920, 3.1)."""
        self._must_reset = True
        if len(answers) == asked and answers[-1].code // 100 == 3:  # noqa: PLR2004 - go on
            await self._ask(b".\r\n", 1, until)

    def _judged(self, stage: Stage, answer: Answer) -> Receipt:
        if answer.code == 421:  # noqa: PLR2004 - it closes the connection with it
            self.close()
        return judge(stage, answer.code, answer.text)

    async def _ask(self, said: bytes, answers: int, until: float) -> list[Answer]:
        """Say something and hear so many answers; fewer when the line is lost or they do not come in time, and then it is closed."""
        if not self.is_open:
            return []
        self._answers, self._wanted = [], answers
        self._waiter = asyncio.get_running_loop().create_future()
        late = asyncio.get_running_loop().call_at(until, self.close)
        self._transport.write(said)
        try:
            await self._waiter
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            late.cancel()
            self._waiter = None
        return self._answers

    def data_received(self, data: bytes) -> None:
        """Take the server's lines; what nobody asked for closes the connection, as a farewell does."""
        self._said += data
        if len(self._said) > _LONGEST_ANSWER or self._waiter is None:
            self.close()
            return
        *lines, rest = bytes(self._said).split(b"\n")
        self._said = bytearray(rest)
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip("\r")
            if not (text[:3].isascii() and text[:3].isdigit()) or text[3:4] not in {"", " ", "-"}:
                self._answers.append(Answer(0, text))
                self.close()
                return
            self._lines.append(text[4:].strip())
            if len(self._lines) > _MOST_LINES:  # an answer that never ends would fill the memory
                self.close()
                return
            if text[3:4] != "-":
                self._answers.append(Answer(int(text[:3]), " ".join(filter(None, self._lines))))
                self._lines = []
        if len(self._answers) >= self._wanted:
            self._wake()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Whoever waits gets what came until now."""
        self.is_open = False
        self._wake()

    def close(self) -> None:
        """Break it off."""
        self.is_open = False
        self._transport.abort()
        self._wake()

    def leave(self) -> None:
        """Say farewell, and close; nobody waits for the answer."""
        if self.is_open:
            self._transport.write(b"QUIT\r\n")
            self._transport.close()
        self.is_open = False

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


def as_data(message: bytes) -> bytes:
    """The message as DATA wants it: every line ends with CRLF, none is a lone dot but the last.

    A bare CR or LF that went through would let one message pass for two at a server that reads it otherwise.
    """
    ends = message.count(b"\r\n")
    if message.count(b"\n") != ends or message.count(b"\r") != ends:
        message = _UNEVEN.sub(b"\r\n", message)
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    if message.startswith(b"."):
        message = b"." + message
    return message.replace(b"\r\n.", b"\r\n..") + b".\r\n"
