"""Timers that fired: state changes by records only, so time speaks through a topic too."""

from contracts.contract import Lineage
from contracts.timers.v1 import TimerFired, WaitAnswered, WaitExpired

WAIT_ANSWERED = Lineage("wait.answered", WaitAnswered, kind="wait", ref="subject")
WAIT_EXPIRED = Lineage("wait.expired", WaitExpired, kind="wait", ref="subject")
TIMER_FIRED = Lineage("timer.fired", TimerFired, kind="timer", ref="subject")

LINEAGES = (WAIT_ANSWERED, WAIT_EXPIRED, TIMER_FIRED)

__all__ = ["LINEAGES", "TIMER_FIRED", "WAIT_ANSWERED", "WAIT_EXPIRED", "TimerFired", "WaitAnswered", "WaitExpired"]
