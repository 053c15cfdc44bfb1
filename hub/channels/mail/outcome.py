"""What a mail server's answer means for the parcel, by the stage at which it came."""

import re
from enum import Enum

from contracts.values import Cause
from hub.channels.parcel import Accepted, Receipt, Refused, TryLater, Unsure


class Stage(Enum):
    """What was asked last."""

    CONNECT = "connect"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    MESSAGE = "message"


_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>@\"]{1,64}@[^\s<>@\"]{1,255}")
_LONGEST = 300  # characters of a server's answer that are kept

BY_STATUS: dict[tuple[int, int], Cause] = {
    (1, 0): "unknown_address",
    (1, 1): "unknown_address",
    (1, 2): "unknown_address",  # no such host
    (1, 3): "unknown_address",
    (1, 4): "unknown_address",
    (1, 6): "unknown_address",  # moved, no forwarding
    (1, 7): "sender_side",
    (1, 8): "sender_side",
    (1, 10): "unknown_address",  # null MX: takes no mail at all
    (2, 0): "unreachable",
    (2, 1): "unknown_address",  # disabled
    (2, 2): "mailbox_full",
    (2, 3): "too_large",
    (2, 4): "unreachable",
    (3, 1): "mailbox_full",
    (3, 4): "too_large",
    (4, 4): "unknown_address",  # no route: the domain has no mail server
    (6, 0): "content",
    (7, 0): "policy",
    (7, 1): "policy",
    (7, 8): "sender_side",
    (7, 20): "sender_side",  # no passing DKIM signature
    (7, 23): "sender_side",  # SPF
    (7, 25): "sender_side",  # no reverse DNS
    (7, 26): "sender_side",
}
"""RFC 3463 and its registry: subject and detail of an enhanced status code."""

_BY_SUBJECT: dict[int, Cause] = {1: "unknown_address", 2: "unreachable", 3: "unreachable", 4: "unreachable", 6: "content", 7: "policy"}
_BY_CODE: dict[int, Cause] = {550: "unknown_address", 551: "unknown_address", 553: "unknown_address", 552: "mailbox_full"}
_BY_CODE_OF_DATA: dict[int, Cause] = {552: "too_large", 554: "policy"}


def judge(stage: Stage, code: int, text: str) -> Receipt:
    """The receipt for an answer; `code` is the server's, `text` what it said beside.

    A refusal before the message's own answer leaves nothing behind at the server, and so does one of the message itself (RFC 5321, 4.2.5).
    """
    text = _ADDRESS.sub("…", text)[:_LONGEST]  # servers repeat whom they refuse, and reasons are told and logged
    reason = f"{code} {text}"
    match code // 100:
        case 2 if stage is Stage.MESSAGE:
            return Accepted(text)
        case 4:
            return TryLater(reason)
        case 5:
            cause = cause_of(code, text, stage)
            return Refused(reason, is_final=cause != "sender_side", cause=cause)
        case _ if stage is Stage.MESSAGE:
            return Unsure(f"an answer that is none: {reason}")
        case _:
            return TryLater(f"an answer that is none: {reason}")


def cause_of(code: int, text: str, stage: Stage = Stage.RECIPIENT) -> Cause:
    """Why a server refuses for good: by the enhanced status code if it gave one, else by the plain one and the stage."""
    if stage in {Stage.CONNECT, Stage.LOGIN, Stage.SENDER}:
        return "sender_side"  # nothing was said yet of whom it is for
    if found := _ENHANCED.search(text):
        subject, detail = int(found[2]), int(found[3])
        if (subject, detail) in BY_STATUS:
            return BY_STATUS[subject, detail]
        if subject in _BY_SUBJECT:
            return _BY_SUBJECT[subject]
    return (_BY_CODE if stage is Stage.RECIPIENT else _BY_CODE_OF_DATA).get(code, "other")
