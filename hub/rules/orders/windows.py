"""Whether call-offs arrived in their windows: just in time, too early or too late."""

from collections.abc import Sequence
from datetime import datetime

from hub.rules.orders.state import Entry


def judged(calls: Sequence[Entry], receptions: Sequence[Entry]) -> list[Entry]:
    """Each call-off, in sequence, with when its last piece arrived and the verdict: open, met, early or late.

    What arrived goes to the call-off that it names, else to the line's call-offs in their sequence.
    """
    ordered = sorted(calls, key=lambda call: (call["sequence"], call["window_from"], call["call"]))
    missing = {call["call"]: call["quantity"] for call in ordered}
    arrived: dict[str, str] = {}
    for paper in sorted(receptions, key=lambda paper: (datetime.fromisoformat(paper["at"]), paper["document"])):
        # what says for which call-off it is goes first, so that others fill what is left
        for line in sorted(paper["lines"], key=lambda line: (line["call"] is None, line["line"])):
            left = line["quantity"]
            for call in ordered:
                is_meant = call["call"] == line["call"] if line["call"] is not None else call["line"] == line["line"]
                taken = min(left, missing[call["call"]]) if is_meant else 0
                if taken:
                    left -= taken
                    missing[call["call"]] -= taken
                    arrived[call["call"]] = paper["at"]
    return [
        call
        | {
            "arrived_at": arrived.get(call["call"]) if not missing[call["call"]] else None,
            "verdict": _verdict(call, arrived.get(call["call"]), missing[call["call"]]),
        }
        for call in ordered
    ]


def _verdict(call: Entry, arrived: str | None, missing: int) -> str:
    if missing or arrived is None:
        return "open"
    at = datetime.fromisoformat(arrived)
    if at < datetime.fromisoformat(call["window_from"]):
        return "early"
    return "late" if at > datetime.fromisoformat(call["window_until"]) else "met"
