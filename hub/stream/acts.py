"""Carry out operators' acts among a batch's records, each once, in their order."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

from contracts.acts import DeadLetterDiscarded, DeadLetterRedriven, WaitEnded, WaitReleased
from contracts.contract import Event
from hub.state import effects
from hub.stream import releases, repairs
from hub.stream.acting import Acting, Effect
from hub.stream.outcome import Applied
from hub.stream.record import Good

_Desk: TypeAlias = Callable[[Acting, Sequence[Good], Applied], Awaitable[list[Effect]]]
_DESKS: Mapping[type[Event], _Desk] = {
    DeadLetterRedriven: repairs.carry_out,
    DeadLetterDiscarded: repairs.carry_out,
    WaitReleased: releases.carry_out,
    WaitEnded: releases.carry_out,
}


async def carry_out(acting: Acting, applied: Applied) -> None:
    """Those acts that are meant for this consumer, then any that waited or were dead until one of these; what came of each is noted."""
    while applied.acts:
        asked, applied.acts = applied.acts, []
        mine = [act for act in asked if type(act.body) in _DESKS and getattr(act.body, "consumer", None) == acting.consumer]
        for desk, run in groupby(mine, key=lambda act: _DESKS[type(act.body)]):
            came_to = await desk(acting, list(run), applied)
            await effects.note(acting.connection, acting.consumer, {effect.act.event: effect.told for effect in came_to})
