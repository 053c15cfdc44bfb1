"""How base data folds: each record is one whole edition."""

from datetime import date
from typing import NamedTuple

from contracts.base.v1 import BaseDatum
from hub.rules.decision import Change, Decision, Facts, Subject


class Edition(NamedTuple):
    """One edition of a base datum, as it was laid down."""

    kind: str
    id: str
    effective_from: date
    retired: bool
    body: dict[str, object]


def recorded(_state: Edition | None, event: BaseDatum, _facts: Facts) -> Decision[Edition]:
    """An edition replaces an earlier telling of itself."""
    body = event.model_dump(mode="json", exclude={"occurred_at", "revision", "corrects"})
    return Change(Edition(event.KIND, event.id, event.effective_from, event.retired, body))


def answers(state: Edition, _subject: Subject) -> tuple[str, str]:
    """What waits for this base datum, whatever its edition, may look again."""
    return state.kind, state.id
