"""Fold the subjects of a store without history: forwards only, each event once, in the order of arrival."""

from collections.abc import Sequence
from typing import Any

from hub.rules.basedata import BaseData
from hub.rules.decision import Decision, Keep, Reject, Subject, Wait
from hub.rules.folding import Folded, Told, fold
from hub.rules.order import follows, in_order
from hub.stream.consumer import Fold

_LATE = Keep("late: the subject is past it")


def fold_forward(subject: Subject, declared: Fold, base: BaseData, start: Folded[Any], new: Sequence[Told]) -> Folded[Any]:
    """Go on from the stored state; what does not follow it is passed over, so where batches end does not matter.

    There is nothing to wait in: an event that would is refused, and may be sent again from its dead letter.
    """
    state = start
    verdicts: list[tuple[Told, Decision[Any]]] = []
    for told in new:
        after = in_order([told])[0][0] if state.position is None else follows(state.position, told)
        if after is None:
            verdicts.append((told, _LATE))
            continue
        state = fold(subject, declared.rules, base, state, [(after, told)])
        ((_, verdict),) = state.verdicts
        verdicts.append((told, _refused(verdict, declared) if isinstance(verdict, Wait) else verdict))
    return state._replace(verdicts=verdicts)


def _refused(wait: Wait, declared: Fold) -> Reject:
    return Reject(wait.kind, f"{wait.ref} to be known already, as {declared.store.name} keeps no history to wait in")
