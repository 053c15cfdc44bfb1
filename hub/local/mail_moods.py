"""How the local mail server misbehaves, when it is asked to."""

from typing import Literal, get_args

MailMood = Literal[
    "slow-before-data",
    "slow-after-data",
    "drop-after-dot",
    "goodbye",
    "450",
    "550",
    "552",
    "552-after-dot",
    "451-after-dot",
    "bounce",
    "bounce-full",
    "complain",
    "unsubscribe",
]
"""What goes wrong: an answer that does not come, a line that breaks, 421 amid a session, a refusal (`…-after-dot`: of the message itself).

Or it is taken over and comes back; or its reader complains, or uses the link to have no more of them.
"""

MAIL_MOODS: tuple[MailMood, ...] = get_args(MailMood)
REFUSALS: dict[MailMood, str] = {
    "450": "450 4.2.0 Greylisted, try again",
    "550": "550 5.1.1 No such user here",
    "552": "552 5.2.2 Mailbox full",
    "552-after-dot": "552 5.3.4 Message too big",
    "451-after-dot": "451 4.3.0 Error in processing",
}
GOODBYE = "421 4.7.0 Too many messages in this session"


def mood_of(address: str) -> MailMood | None:
    """The mood that an address asks for in its tag: `anna+drop-after-dot@example.test`."""
    tag = address.rpartition("@")[0].rpartition("+")[2]
    return next((mood for mood in MAIL_MOODS if mood == tag), None)
