"""What the provider's answers and status reports mean: its codes as data, and a receipt for each answer."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple

from contracts.values import Cause
from hub.channels.parcel import Accepted, Receipt, Refused, TryLater, Unsure

CODES: dict[int, Cause] = {
    20003: "sender_side",  # account and password do not go together
    20404: "sender_side",
    21211: "unknown_address",  # no number
    21212: "sender_side",  # no sender that may be used
    21214: "unknown_address",  # cannot be reached
    21217: "unknown_address",
    21219: "sender_side",  # a trial account, a number not verified
    21266: "sender_side",  # from and to the same
    21408: "sender_side",  # that country is not switched on
    21601: "sender_side",
    21602: "content",  # no text
    21603: "sender_side",
    21604: "unknown_address",
    21606: "sender_side",
    21608: "sender_side",
    21609: "sender_side",  # no address for reports
    21610: "opted_out",  # said STOP
    21611: "sender_side",  # the sender's own queue is full
    21612: "sender_side",  # no route from this sender to there
    21614: "unknown_address",  # no mobile
    21617: "too_large",
    21635: "unknown_address",  # a landline
    21659: "sender_side",
    21660: "sender_side",
    30001: "sender_side",  # queue overflow
    30002: "sender_side",  # account suspended
    30003: "unreachable",  # switched off, or out of reach
    30004: "opted_out",  # blocked by its owner
    30005: "unknown_address",
    30006: "unknown_address",  # landline, or a network that takes none
    30007: "policy",  # filtered by the network
    30008: "other",
    30009: "other",  # a segment was lost
    30010: "sender_side",  # dearer than the limit
    30034: "sender_side",  # sender not registered
    30410: "unreachable",
    30450: "policy",
    63038: "sender_side",  # the account's limit of the day
}
"""The provider's error codes, of answers and of status reports: what stood in the way."""

_PASSING = {20429, 21611, 30001, 63038}


class Answer(NamedTuple):
    """What the provider said: the status of HTTP, its name for the message, its code, what it says of waiting."""

    status: int
    reference: str = ""
    code: int | None = None
    retry_after: str = ""


def judge(answer: Answer, now: datetime) -> Receipt:
    """The receipt for an answer. With 5xx it may have been taken before something broke, so nobody knows."""
    reason = f"HTTP {answer.status}" + (f", code {answer.code}" if answer.code else "")
    if answer.status // 100 == 2:  # noqa: PLR2004 - the successes
        return Accepted(answer.reference) if answer.reference else Unsure(f"{reason} without a name for the message")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.code in _PASSING:
        return TryLater(reason, wait(answer.retry_after, now))
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unsure(reason)
    cause = cause_of(answer.code) if answer.code else "sender_side"
    return Refused(reason, is_final=cause != "sender_side", cause=cause)


def cause_of(code: int) -> Cause:
    """What stood in the way, by the provider's code."""
    return CODES.get(code, "other")


def wait(retry_after: str, now: datetime) -> timedelta | None:
    """How long a Retry-After asks to wait, in seconds or until a moment; None for none, at most a day."""
    if retry_after.isascii() and retry_after.isdigit():
        seconds = float(retry_after[:9])
    else:
        try:
            until = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    return timedelta(seconds=min(max(seconds, 0.0), 86_400.0))
