"""Read what mail servers send back: reports of delivery (RFC 3464), of complaints (RFC 5965), and bounces in prose."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Literal, NamedTuple

from contracts.values import Cause
from hub.channels.mail.bounce_words import cause_by_words
from hub.channels.mail.outcome import cause_of

LARGEST = 500_000
"""Bytes that are read: a report stands before the message that it brings back."""

_MOST_PARTS = 20  # within one another or beside: the parser's time grows with each, and anybody may write to where bounces go
_LONGEST = 20_000  # bytes of prose that are read
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_NAMED = re.compile(
    rf"<({_ADDRESS.pattern})>:?[ \t]{{0,40}}$|^[ \t]{{0,40}}<?({_ADDRESS.pattern})>?:|SMTP=({_ADDRESS.pattern})", re.MULTILINE
)
_ENHANCED = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b")
_PLAIN = re.compile(r"(?:^|[\s;:#(])([45]\d\d)[\s-]")
_ORIGINAL = re.compile(
    r"^-+ ?(?:this is a copy|original message|below this line|unsent message|the attached)|^--- .{0,40}(?:original|copy)"
    r"|^(?:received|return-path|message-id|from|date):",
    re.IGNORECASE | re.MULTILINE,
)
"""Where a bounce in prose ends, and the message begins that it brings back."""

_NAME = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-[0-9a-f]{16})?"
_MOST_NAMES = 10

_DAEMON = re.compile(r"mailer-daemon|postmaster|mail delivery (?:sub)?system|mdaemon|<>", re.IGNORECASE)
_NOBODY = re.compile(r"(?:mailer-daemon|postmaster|mdaemon)@", re.IGNORECASE)
_FAILED = re.compile(
    r"undeliver|could ?n[o']t be delivered|cannot be delivered|unable to deliver|not able to deliver|wasn't able to deliver"
    r"|delivery (?:failure|failed)|did not reach|permanent|returned mail|failure (?:notice|delivery)|mail error|delivery problem",
    re.IGNORECASE,
)
_VAGUE = {"0.0", "1.0", "2.0", "5.0", "7.0", "7.1", "3.0", "4.0", "4.7", "6.0"}
"""Enhanced codes that say too little: words say more."""


class MailReport(NamedTuple):
    """What came back of one recipient's mail.

    `failed`: given up. `delayed`: still tried. `complained`: its reader called it unwanted. `is_permanent` where another mail would fare no
    better. `names` may be those of a mail of ours, as its envelope or its header has them. `code` is the server's, its words in `words`
    may hold an address.
    """

    kind: Literal["failed", "delayed", "complained"]
    recipient: str | None
    cause: Cause
    is_permanent: bool
    names: tuple[str, ...] = ()
    code: str | None = None
    words: str = ""


def read_reports(raw: bytes, domain: str) -> tuple[MailReport, ...]:
    """Every recipient that a mail reports of; none where it is no report but an answer. `domain` is that of our messages' names."""
    raw = raw[:LARGEST]
    if raw.lower().count(b"multipart/") > _MOST_PARTS:
        return ()
    try:
        mail = message_from_bytes(raw)
        names = _names(raw, domain)
        if feedback := _part(mail, "message/feedback-report"):
            return (_complaint(feedback, names),)
        if status := _part(mail, "message/delivery-status"):
            return tuple(_from_status(status, names, _text(mail)))
        return tuple(_from_prose(mail, names))
    except (RecursionError, LookupError, UnicodeError, ValueError, TypeError, AttributeError):
        return ()  # what the parser cannot read is no report that anybody could act on


def _names(raw: bytes, domain: str) -> tuple[str, ...]:
    """What may be the name of the mail that came back: its envelope's, or that of a message under our domain which is quoted or answered.

    A relay may have set an envelope's name of its own, and others at our domain name their mail like this, too.
    """
    text = raw.decode("utf-8", "replace")
    envelopes = re.findall(rf"^Original-Envelope-Id:\s*({_NAME})\s*$", text, re.IGNORECASE | re.MULTILINE)
    messages = re.findall(rf"<({_NAME})@{re.escape(domain)}>", text, re.IGNORECASE)
    return tuple(dict.fromkeys(name.lower() for name in envelopes + messages))[:_MOST_NAMES]


def _part(mail: Message, kind: str) -> Message | None:
    return next((part for part in mail.walk() if part.get_content_type() == kind), None)


def _blocks(part: Message) -> list[Message]:
    """The groups of fields that a report's machine-readable part consists of."""
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _complaint(part: Message, names: tuple[str, ...]) -> MailReport:
    blocks = _blocks(part)
    said = blocks[0] if blocks else _fields(part)
    found = _ADDRESS.search(str(said.get("Original-Rcpt-To", "")))
    return MailReport("complained", found[0] if found else None, "complaint", is_permanent=True, names=names)


def _fields(part: Message) -> Message:
    payload = part.get_payload(decode=True)
    return message_from_bytes(payload if isinstance(payload, bytes) else b"")


def _from_status(part: Message, names: tuple[str, ...], prose: str) -> Iterator[MailReport]:
    for block in _blocks(part):
        recipient = block.get("Original-Recipient") or block.get("Final-Recipient")
        action = str(block.get("Action", "")).strip().lower().split(" ")[0]
        if recipient is None or action not in {"failed", "delayed"}:
            continue
        found = _ADDRESS.search(str(recipient).rpartition(";")[2])
        words = re.sub(r"\s+", " ", str(block.get("Diagnostic-Code", ""))).strip()
        status = _ENHANCED.search(str(block.get("Status", "")))
        kind: Literal["failed", "delayed"] = "failed" if action == "failed" else "delayed"
        yield _report(kind, found[0] if found else None, status[1] if status else "", words, prose, names)


def _from_prose(mail: Message, names: tuple[str, ...]) -> Iterator[MailReport]:
    """Bounces that only people were meant to read: from a machine, not by an answering one, and about somebody by name or a failure."""
    sender = str(mail.get("From", ""))
    prose = _ORIGINAL.split(_text(mail), maxsplit=1)[0]
    named = _ADDRESS.findall(str(mail.get("X-Failed-Recipients", "")))
    if not named and (not _DAEMON.search(sender) or "auto-replied" in str(mail.get("Auto-Submitted", "")).lower()):
        return
    own = {address.lower() for address in _ADDRESS.findall(f"{mail.get('To', '')} {sender}")}
    named = named or ["".join(groups) for groups in _NAMED.findall(prose)]
    recipients = list(dict.fromkeys(address for address in named if address.lower() not in own and not _NOBODY.match(address)))
    if not recipients and not _FAILED.search(f"{mail.get('Subject', '')}\n{prose}"):
        return
    status = _ENHANCED.search(prose)
    for recipient in recipients or [None]:
        yield _report("failed", recipient, status[1] if status else "", "", prose, names)


def _report(
    kind: Literal["failed", "delayed"], recipient: str | None, status: str, words: str, prose: str, names: tuple[str, ...]
) -> MailReport:
    """Weigh what was said: a code that says something, else the words of the server that refused, else those around them."""
    inner = _ENHANCED.search(words)
    code = inner[1] if inner and status[2:] in _VAGUE | {""} else status
    plain = _PLAIN.search(words) or (None if status else _PLAIN.search(prose))
    said = code if code and code[2:] not in _VAGUE else ""
    by_code = cause_of(int(plain[1]) if plain else 0, said) if said else None
    cause = by_code or cause_by_words(words) or cause_by_words(prose if not words else "")
    if cause is None:
        cause = cause_of(int(plain[1]) if plain else 0, code)
    first = (code or (plain[1] if plain else "5"))[0]
    passes = first == "4" or (not code and cause == "unreachable")
    is_permanent = kind == "failed" and not passes and cause not in {"mailbox_full", "sender_side", "content", "too_large", "policy"}
    return MailReport(kind, recipient, cause, is_permanent, names, code or (plain[1] if plain else None), words[:300])


def _text(mail: Message) -> str:
    """What the report says to people, without the message that it brings back."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                charset = part.get_content_charset() or "utf-8"
                try:
                    return payload[:_LONGEST].decode(charset, "replace")
                except LookupError:
                    return payload[:_LONGEST].decode("latin-1")
    return ""
