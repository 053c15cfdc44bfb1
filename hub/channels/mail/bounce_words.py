"""What mail servers write when they could not deliver, as data: the first cause one of whose patterns fits is why."""

import re
from collections.abc import Mapping

from contracts.values import Cause

WORDS: Mapping[Cause, tuple[str, ...]] = {
    "mailbox_full": (
        r"mail ?box.{0,20} full",
        r"over.?quota",
        r"quota (?:is )?exceeded",
        r"exceeded.{0,30}quota",
        r"space not enough",
        r"insufficient.{0,20}storage",
    ),
    "too_large": (r"message.{0,30}too (?:large|big)", r"size.{0,20}(?:limit|exceed)", r"exceed.{0,30}size"),
    "sender_side": (
        r"\b(?:spf|dkim|dmarc|ptr|dnsbl|rbl)\b",
        r"reverse dns",
        r"(?:black|block) ?list",
        r"reputation",
        r"relay(?:ing)? (?:access )?denied",
        r"not permitted to relay",
        r"sender.{0,30}(?:rejected|denied)",
        r"rate.?limit",
        r"too many (?:messages|connections)",
    ),
    "unknown_address": (
        r"user.{0,20}unknown",
        r"unknown.{0,20}(?:user|recipient|address|mailbox)",
        r"no such (?:user|recipient|mailbox|account|address|person)",
        r"not (?:a )?(?:recognized|valid|known|found)",
        r"does(?:n.t| not) (?:exist|have)",
        r"invalid (?:recipient|mailbox|address|user)",
        r"illegal (?:user|host)",
        r"(?:account|mailbox|user).{0,30}(?:disabled|inactive|closed|terminated|unavailable|suspended)",
        r"recipient.{0,20}(?:address )?rejected",
        r"host (?:or domain )?(?:name )?(?:not found|unknown)",
        r"domain.{0,20}not found",
        r"no mailbox",
    ),
    "content": (r"virus", r"malware", r"attachment.{0,30}(?:not allowed|blocked)", r"content.{0,20}reject"),
    "policy": (r"spam", r"polic(?:y|ies)", r"blocked", r"prohibited", r"not accepting mail", r"access denied", r"administrative"),
    "unreachable": (
        r"timed? ?out",
        r"connection (?:refused|reset)",
        r"unable to (?:connect|establish)",
        r"establish an smtp connection",
        r"expired",
        r"too long",
        r"temporar",
        r"try again",
    ),
}
_PATTERNS: tuple[tuple[Cause, re.Pattern[str]], ...] = tuple(
    (cause, re.compile("|".join(patterns), re.IGNORECASE)) for cause, patterns in WORDS.items()
)


def cause_by_words(text: str) -> Cause | None:
    """Why, as far as the words say it."""
    return next((cause for cause, pattern in _PATTERNS if pattern.search(text)), None)
