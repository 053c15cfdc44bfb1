"""When so much comes back that going on would do harm: the wave, by the tally of what was sent."""

from typing import NamedTuple


class Tally(NamedTuple):
    """What was handed over, and how much of that was refused for good or came back."""

    sent: int
    bad: int


class Brake(NamedTuple):
    """It is a wave from `percent` bad ones on, though not before so many are counted."""

    least: int
    percent: int


def is_wave(tally: Tally, brake: Brake) -> bool:
    """Whether to stop."""
    return tally.sent >= brake.least and tally.bad * 100 >= tally.sent * brake.percent
