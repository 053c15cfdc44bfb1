"""When what was not taken is tried again."""

from datetime import timedelta

_FIRST, _LONGEST = timedelta(seconds=30), timedelta(hours=4)


def pause(attempts: int, asked: timedelta | None, jitter: float) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, up to four hours, or longer where the other side asks for it.

    `jitter`, 0 to 1, spreads over the upper half of the pause what failed together.
    """
    longest = min(_LONGEST, _FIRST * float(2 ** min(attempts - 1, 20)))
    return max(longest * (0.5 + jitter / 2), asked or timedelta(0))
