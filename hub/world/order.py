"""Put the events of one subject into the order in which they count, whatever order they were said in."""

from collections.abc import Iterable
from datetime import datetime

from hub.world.speech import Meant


def in_true_order(events: Iterable[Meant]) -> list[Meant]:
    """By effective time: its own moment, but for an event with a revision no earlier than any of a lower revision."""
    history = list(events)
    if len(history) == 1:
        return history
    counted = [(event.revision, event.at) for event in history if event.revision is not None]

    def effective(event: Meant) -> datetime:
        if event.revision is None:
            return event.at
        return max([event.at, *(at for revision, at in counted if revision < event.revision)])

    return sorted(history, key=lambda event: (effective(event), event.revision or 0, event.source, event.id))
