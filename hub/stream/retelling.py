"""Tell others of states that a swap put right: as of any other change, because of the last event that counts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contracts.contract import Event
from hub.rules.decision import Subject
from hub.rules.folding import Told
from hub.state import journal
from hub.state.segments import Said
from hub.state.store import Connection, Kept
from hub.stream.consumer import Fold
from hub.stream.news import News
from hub.stream.subjects import as_told
from hub.stream.telling import sayings


async def retell(
    connection: Connection,
    consumer: str,
    declared: Fold,
    old: Mapping[Subject, Kept[Any]],
    new: Mapping[Subject, Kept[Any]],
    versions: Mapping[Subject, int],
) -> list[Said]:
    """What others hear of these states; what a fold of the past alone made is told to nobody, as ever.

    `connection` sees the journal of which the new states are the fold.
    """
    if not declared.tells or not new:
        return []
    causes: dict[Subject, Told] = {}
    bodies: dict[UUID, Event] = {}
    for past in await journal.history(connection, declared.store.name, list(new)):
        if past.event == new[past.subject].because:
            causes[past.subject] = as_told(past, bodies)
    return sayings(
        consumer,
        declared,
        [
            News(subject, old[subject].state if subject in old else None, kept.state, causes[subject], versions[subject])
            for subject, kept in new.items()
            if subject in causes and not causes[subject].is_historical
        ],
    )
