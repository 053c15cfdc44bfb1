"""Whom of an audience a campaign goes to, by which channel, and why to nobody else: the same for a preview and for what goes out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from contracts.values import Channel

PLANNED = "planned"
NO_ADDRESS = "no_address"
DUPLICATE = "duplicate_address"
"""What became of a person on a channel: planned, or why not; else why they are gone, or what `permission` says against it."""

ONCE = date(1900, 1, 1)
"""The day of a campaign that does not go out day after day."""

NOWHERE: Literal[""] = ""
"""The channel of a person who is told nothing on any."""


class Verdict(NamedTuple):
    """What becomes of a person on one channel; `key` is the address's."""

    channel: Channel | Literal[""]
    outcome: str
    key: str = ""


def judge(
    channels: Sequence[Channel],
    *,
    gone: str | None,
    is_every: bool,
    keys: Mapping[Channel, str],
    objections: Mapping[Channel, str | None],
    is_taken: Callable[[Channel, str], bool],
) -> Iterator[Verdict]:
    """Each channel in its turn until one reaches the person, or all of them where `is_every`.

    `gone` says why nobody is there to be told. `keys` are those of the addresses there are, `objections` what stands against writing
    there; one address gets a campaign once, whoever shares it (`is_taken`).
    """
    if gone is not None:
        yield Verdict(NOWHERE, gone)
        return
    for channel in channels:
        key = keys.get(channel)
        if key is None:
            yield Verdict(channel, NO_ADDRESS)
        elif (objection := objections.get(channel)) is not None:
            yield Verdict(channel, objection, key)
        elif is_taken(channel, key):
            yield Verdict(channel, DUPLICATE, key)
        else:
            yield Verdict(channel, PLANNED, key)
            if not is_every:
                return
