"""What newly happened to a subject, as others may be told of it: once per batch, because of one event, and nothing of the past."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.rules.decision import Change, Subject
from hub.rules.folding import Folded, Told
from hub.stream.subjects import Row, StoreFold
from hub.stream.touching import Touch


class News(NamedTuple):
    """A subject whose state changed: from what (None: it was not there) to what, because of which event, and to which version."""

    subject: Subject
    before: Any
    after: Any
    cause: Told
    version: int


def news(result: StoreFold, changed: Mapping[Subject, int], touched: Mapping[Subject, Touch]) -> list[News]:
    """Of each changed subject that is there; whoever tells of it tells the same, whatever else the batch did."""
    found = []
    for subject, version in changed.items():
        folded, old = result.folded[subject], result.kept.get(subject)
        cause = _cause(result, folded, touched[subject])
        if cause is not None and folded.state is not None:
            found.append(News(subject, old.state if old else None, folded.state, cause, version))
    return found


def _cause(result: StoreFold, folded: Folded[object], touch: Touch) -> Told | None:
    """Because of what a subject changed; None where it was for the past alone.

    The last event that newly counts, else one of another subject that corrected an event of this one,
    else, where base data changed its mind, the event that made the state.
    """
    if not result.pasts and not touch.causes:  # nothing was folded again: all that counted is new
        counts = (told for told, verdict in reversed(folded.verdicts) if isinstance(verdict, Change) and not told.is_historical)
        return next(counts, None)
    counted = [told for told, verdict in folded.verdicts if isinstance(verdict, Change)]
    fresh: set[Row] = {told.row for told in touch.new} | result.waited.keys() | touch.released
    causes = [*touch.causes, *(told for told in counted if told.row in fresh)]
    counted = causes or [told for told in counted if told.event == folded.because]
    return next((told for told in reversed(counted) if not told.is_historical), None)
