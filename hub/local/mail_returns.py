"""What comes back of a mail that was taken over: a report that it could not be delivered (RFC 3464), or a complaint (RFC 5965)."""

from datetime import UTC, datetime
from email.utils import format_datetime, make_msgid

from hub.local.mail_moods import MailMood

_HOST = "catcher.test"
_WHY: dict[MailMood, tuple[str, str]] = {
    "bounce": ("5.1.1", "550 5.1.1 No such user here"),
    "bounce-full": ("5.2.2", "552 5.2.2 Mailbox full"),
}


def bounce(raw: bytes, recipient: str, sender: str, mood: MailMood) -> bytes:
    """The report of a server that had accepted the message and could not deliver it."""
    status, diagnostic = _WHY[mood]
    machine = (
        f"Reporting-MTA: dns; {_HOST}\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {diagnostic}\r\n"
    )
    words = f"This is the mail system at {_HOST}.\r\n\r\nYour message could not be delivered to\r\n\r\n<{recipient}>: {diagnostic}\r\n"
    return _report("delivery-status", "Undelivered Mail Returned to Sender", sender, words, machine, raw)


def complaint(raw: bytes, recipient: str, sender: str) -> bytes:
    """The report of a provider whose customer pressed the button."""
    machine = f"Feedback-Type: abuse\r\nUser-Agent: {_HOST}/1\r\nVersion: 1\r\nOriginal-Rcpt-To: <{recipient}>\r\n"
    return _report("feedback-report", "A complaint", sender, "This is a complaint about a message.\r\n", machine, raw)


def _report(kind: str, subject: str, sender: str, words: str, machine: str, raw: bytes) -> bytes:
    mark = "=_returned"
    heads = raw.partition(b"\r\n\r\n")[0]
    date = format_datetime(datetime.now(UTC))
    said = (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@{_HOST}\r\nTo: {sender}\r\nSubject: {subject}\r\nDate: {date}\r\n"
        f"Message-ID: {make_msgid(domain=_HOST)}\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="{mark}"\r\n\r\n'
        f"--{mark}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
        f"--{mark}\r\nContent-Type: message/{kind}\r\n\r\n{machine}\r\n"
        f"--{mark}\r\nContent-Type: text/rfc822-headers\r\n\r\n"
    )
    return said.encode() + heads + f"\r\n\r\n--{mark}--\r\n".encode()
