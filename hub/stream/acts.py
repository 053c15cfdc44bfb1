"""Carry out operators' acts among a batch's records, each once, in their order."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias, TypeGuard

from contracts.acts import DeadLetterDiscarded, DeadLetterRedriven, WaitEnded, WaitReleased
from contracts.contract import Event
from hub.state import effects
from hub.stream import releases, repairs
from hub.stream.acting import Acting, Effect
from hub.stream.outcome import Applied
from hub.stream.record import Good, Judged

_Desk: TypeAlias = Callable[[Acting, Sequence[Good], Applied], Awaitable[list[Effect]]]
_DESKS: Mapping[type[Event], _Desk] = {
    DeadLetterRedriven: repairs.carry_out,
    DeadLetterDiscarded: repairs.carry_out,
    WaitReleased: releases.carry_out,
    WaitEnded: releases.carry_out,
}


def is_act(record: Judged) -> TypeGuard[Good]:
    """Whether an operator said it, to a consumer."""
    return isinstance(record, Good) and type(record.body) in _DESKS


async def carry_out(acting: Acting, asked: Sequence[Good], applied: Applied) -> None:
    """Those acts that are meant for this consumer; what came of each is noted."""
    mine = [act for act in asked if getattr(act.body, "consumer", None) == acting.consumer]
    for desk, run in groupby(mine, key=lambda act: _DESKS[type(act.body)]):
        came_to = await desk(acting, list(run), applied)
        await effects.note(acting.connection, acting.consumer, {effect.act.event: effect.told for effect in came_to})
