"""Timers that fired: state changes by records only, so time speaks through a topic too."""

from contracts.contract import Lineage
from contracts.timers.v1 import WaitAnswered, WaitExpired

WAIT_ANSWERED = Lineage("wait.answered", WaitAnswered, kind="wait", ref="subject")
WAIT_EXPIRED = Lineage("wait.expired", WaitExpired, kind="wait", ref="subject")

LINEAGES = (WAIT_ANSWERED, WAIT_EXPIRED)

__all__ = ["LINEAGES", "WAIT_ANSWERED", "WAIT_EXPIRED", "WaitAnswered", "WaitExpired"]
