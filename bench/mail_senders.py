"""Who sends mail to the sink, each in a process of its own: `python -m bench.mail_senders WHO PORT COUNT SESSIONS`."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import aiosmtplib
import uvloop

from contracts.base import Template
from hub.channels.mail.smtp import MailServer, SmtpChannel
from hub.channels.parcel import Accepted, Parcel
from hub.channels.wording.mail import CompiledMail, MailSender, Recipient

_AT = datetime(2026, 5, 1, 10, tzinfo=UTC)
_MJML = (
    '<mjml><mj-head><mj-attributes><mj-all font-family="Helvetica, Arial, sans-serif"/></mj-attributes></mj-head><mj-body>'
    "<mj-section><mj-column><mj-text>Dear {{name}},</mj-text><mj-text>the service of your car is due on {{due}}. A workshop near you"
    ' has time for it, and a car for you meanwhile.</mj-text><mj-button href="{{book}}">Book it</mj-button></mj-column></mj-section>'
    '<mj-section><mj-column><mj-text><a href="{{unsubscribe}}">No more of these</a></mj-text></mj-column></mj-section></mj-body></mjml>'
)
_TEXT = "Dear {{name}},\n\nthe service of your car is due on {{due}}.\nBook it: {{book}}\n\nNo more of these: {{unsubscribe}}\n"


CAMPAIGN: dict[str, Any] = {
    "id": "due",
    "name": "Due",
    "fields": [{"name": "name"}, {"name": "due", "kind": "day"}, {"name": "book", "kind": "link"}],
    "wordings": [{"language": "en", "email": {"subject": "{{name}}, your car's service is due", "mjml": _MJML, "text": _TEXT}}],
}
"""The template that everybody sends."""


def compiled() -> CompiledMail:
    """The same, with its gaps."""
    template = Template.model_validate({**CAMPAIGN, "occurred_at": _AT.isoformat()}, strict=False)
    return CompiledMail(template, template.wordings[0], MailSender("The hub", "news@hub.test", "bounces@hub.test"))


def recipient(number: int) -> Recipient:
    """One of many."""
    fields = {"name": f"Anna {number}", "due": "2026-06-01", "book": f"https://hub.test/book/{number}"}
    return Recipient(f"d-{number}", f"anna.{number}@example.test", fields, _AT, f"https://hub.test/u/{number}")


def example() -> dict[str, str]:
    """The wording for those who fill it in themselves: places stand for what differs."""
    from email import message_from_bytes, policy

    fields = {"name": "NAME", "due": "2026-06-01", "book": "https://hub.test/book/NUMBER"}
    made = compiled().fill(recipient(0)._replace(fields=fields, unsubscribe="https://hub.test/u/NUMBER")).message
    mail = message_from_bytes(made, policy=policy.default)
    parts = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
    return {"subject": str(mail["Subject"]), **{kind: part.get_content() for kind, part in parts.items() if part}}


async def channel(port: int, count: int, sessions: int) -> None:
    """The template compiled once, the channel with its kept sessions."""
    mail, numbers = compiled(), iter(range(count))
    channel = SmtpChannel(MailServer("127.0.0.1", port, "never"), sessions=sessions, seconds=60)

    async def one_after_another() -> None:
        for number in numbers:
            to = recipient(number)
            receipt = await channel.send(Parcel(to.delivery, to.address, mail.fill(to)))
            assert isinstance(receipt, Accepted), receipt

    await asyncio.gather(*(one_after_another() for _ in range(channel.at_once + channel.spare)))
    await channel.close()


async def loop(port: int, count: int, sessions: int) -> None:
    """As the library's page shows it: a message and `aiosmtplib.send` for each, as many at once as the others have sessions."""
    words, numbers = example(), iter(range(count))

    async def one_after_another() -> None:
        for number in numbers:
            message = EmailMessage()
            message["From"], message["To"] = "The hub <news@hub.test>", f"anna.{number}@example.test"
            message["Subject"] = words["subject"].replace("NAME", f"Anna {number}")
            message["Date"], message["Message-ID"] = format_datetime(_AT), f"<d-{number}@hub.test>"
            message["List-Unsubscribe"] = f"<https://hub.test/u/{number}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
            message.set_content(words["plain"].replace("NAME", f"Anna {number}").replace("NUMBER", str(number)))
            message.add_alternative(words["html"].replace("NAME", f"Anna {number}").replace("NUMBER", str(number)), subtype="html")
            await aiosmtplib.send(
                message, sender="bounces@hub.test", hostname="127.0.0.1", port=port, start_tls=False, local_hostname="localhost", timeout=60
            )

    await asyncio.gather(*(one_after_another() for _ in range(sessions)))


async def blast(port: int, count: int, sessions: int) -> None:
    """The sink's ceiling: everything made beforehand, nothing waited for but that the line takes it."""
    mail = compiled()
    made = [
        f"MAIL FROM:<b@hub.test>\r\nRCPT TO:<anna.{number}@example.test>\r\nDATA\r\n".encode() + mail.fill(recipient(number)).data
        for number in range(count)
    ]

    async def one(part: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"EHLO localhost\r\n")
        reading = asyncio.create_task(_until_all(reader, len(part)))
        for at in range(0, len(part), 20):
            writer.write(b"".join(part[at : at + 20]))
            await writer.drain()
        await reading
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one(made[at::sessions]) for at in range(sessions)))
    _tell(count, time.perf_counter() - began)


async def _until_all(reader: asyncio.StreamReader, count: int) -> None:
    while count:
        count -= (await reader.readline()).startswith(b"250 taken")


def _tell(count: int, seconds: float) -> None:
    print(json.dumps({"rate": count / seconds, "cpu": time.process_time() / count * 1e6}))


async def measured(send: Callable[[int, int, int], Awaitable[None]], port: int, count: int, sessions: int) -> None:
    """Send, and tell how fast and at what price."""
    began = time.perf_counter()
    await send(port, count, sessions)
    _tell(count, time.perf_counter() - began)


if __name__ == "__main__":
    who, *numbers = sys.argv[1:]
    port, count, sessions = map(int, numbers)
    uvloop.run(blast(port, count, sessions) if who == "blast" else measured({"channel": channel, "loop": loop}[who], port, count, sessions))
