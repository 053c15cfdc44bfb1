"""What is said of one occasion, and the clock, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.base import ReminderPlan
from contracts.contract import Event, Lineage
from contracts.reminders import ReminderClosed, ReminderDue
from hub.rules.basedata import BaseData
from hub.rules.decision import Rules, Subject
from hub.rules.folding import Told, fold_all
from hub.rules.notices import Notice
from hub.rules.occasions import occasion, told
from hub.rules.occasions.occasion import Occasion

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday."""
TICK: Lineage[Any] = Lineage("timer.ticked", Event, kind="occurred_at")


def plan(ref: str, **fields: Any) -> ReminderPlan:
    """A plan of three steps: a week after, three weeks and six."""
    steps = ({"id": "reminder", "days": 7}, {"id": "first", "days": 21}, {"id": "last", "days": 42, "template": "last-words"})
    body = {"occurred_at": START, "id": ref, "name": ref, "steps": steps, "purpose": "account", "template": "words", **fields}
    return ReminderPlan.model_validate(body, strict=False)


class Course:
    """All that is heard of one subject; the clock speaks whenever its time has come, as the real one would."""

    def __init__(self, subject: Subject, rules: Rules, base: BaseData) -> None:
        self.subject, self.base = subject, base
        self.rules: Rules = {**rules, TICK: occasion.timer_fired}
        self.heard: list[Told] = []
        self.state: Occasion | None = None
        self.said: list[tuple[str, str]] = []  # what the dealer heard: its step, or why it is over
        self.due: list[ReminderDue] = []
        self.mails: dict[str, Notice] = {}

    def say(self, lineage: Lineage[Any], day: float, speaker: str = "hub", **fields: Any) -> None:
        """An event, so many days after the start, heard now."""
        self.hear(lineage, lineage.body.model_validate({"occurred_at": START + timedelta(days=day), **fields}), speaker)

    def hear(self, lineage: Lineage[Any], body: Event, speaker: str) -> None:
        """Fold everything heard so far again, and say what follows, as the engine does."""
        number = len(self.heard)
        self.heard.append(Told(UUID(int=number), 0, lineage, body, speaker, f"e{number:04}", speaker=speaker))
        before, self.state = self.state, fold_all(self.subject, self.rules, self.base, self.heard).state
        if self.state is None or self.state == before:
            return
        change = (before, self.state, self.subject, body, number)
        for closed in told.over(*change):
            assert isinstance(closed, ReminderClosed)
            self.said.append((closed.dealer, closed.reason))
        for due in told.due(*change):
            self.due.append(due)
            self.said.append((due.dealer, due.step))
        for notice in told.notices(*change):
            self.mails.setdefault(notice.dedupe_key, notice)

    def until(self, day: float) -> None:
        """Time goes by, and timers fire."""
        end = START + timedelta(days=day)
        while self.state is not None and (at := occasion.next_step(self.state, self.subject)) is not None and at <= end:
            self.hear(TICK, Event(occurred_at=at), "clock")
