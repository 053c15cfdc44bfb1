"""How the local SMS provider misbehaves, when it is asked to."""

from typing import Literal, get_args

SmsMood = Literal[
    "silent-after-accept",
    "drop-after-accept",
    "429",
    "429-wait",
    "500-after-accept",
    "500",
    "invalid-number",
    "opted-out",
    "undelivered",
    "report-early",
    "report-twice",
    "report-backwards",
    "report-forged",
    "report-unknown",
    "stop",
]
"""What goes wrong: an answer that does not come or breaks off though the text was taken, a refusal, reports of status out of turn.

`report-forged` adds a report with a wrong signature, `report-unknown` one of a text that never was, `stop` an answer of STOP.
"""

SMS_MOODS: tuple[SmsMood, ...] = get_args(SmsMood)
REFUSALS: dict[SmsMood, tuple[int, int, str]] = {
    "429": (429, 20429, "Too many requests"),
    "429-wait": (429, 20429, "Too many requests"),
    "500": (500, 20500, "Internal server error"),
    "500-after-accept": (500, 20500, "Internal server error"),
    "invalid-number": (400, 21211, "The 'To' number is not a valid phone number"),
    "opted-out": (400, 21610, "Attempt to send to unsubscribed recipient"),
}
"""HTTP status, code and words of an answer."""
WAIT_SECONDS = "2"

_TAGGED = "99"


def mood_of(number: str) -> SmsMood | None:
    """The mood that a number asks for: one that ends with 99 and two digits has the mood of that place, 9901 the first."""
    tag, place = number[-4:-2], number[-2:]
    return SMS_MOODS[int(place) - 1] if tag == _TAGGED and 1 <= int(place) <= len(SMS_MOODS) else None
