"""Whether a delivery may go now, by what is known at the moment of the claim."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from contracts.values import Channel

CHANNELS: tuple[Channel, ...] = ("email", "sms", "post")
"""In the order in which they are tried where a notice names none."""

_DISTURBS: frozenset[Channel] = frozenset({"email", "sms"})
_LOOK_AGAIN = timedelta(minutes=5)


class Known(NamedTuple):
    """What is known of a delivery's person, campaign and provider.

    `addresses` has the channels on which the person can be reached, `refusals` those on which they may not be, and why. `gone` says why
    nobody is there to be told. `awake_at` is when they may be disturbed next. `stop` says why the campaign is over, `hold` why it
    stands still.
    """

    addresses: Mapping[Channel, str]
    refusals: Mapping[Channel, str]
    awake_at: datetime
    is_marketing: bool = True
    gone: str | None = None
    hold: str | None = None
    stop: str | None = None


class Go(NamedTuple):
    """It may go, to this address."""

    address: str


class Later(NamedTuple):
    """Not now; look again then."""

    at: datetime
    reason: str | None


class Out(NamedTuple):
    """It will never go: its last state, and why."""

    state: Literal["excluded", "expired", "cancelled"]
    reason: str


Verdict: TypeAlias = Go | Later | Out


def judge(channel: Channel, known: Known, expires_at: datetime, now: datetime) -> Verdict:
    """The verdict for one channel. Quiet hours and holidays hold for marketing, and for what rings or blinks."""
    if now >= expires_at:
        return Out("expired", "expired before it could go")
    if (never := _never(channel, known)) is not None:
        return never
    if known.hold is not None:
        return Later(now + _LOOK_AGAIN, known.hold)
    if known.is_marketing and channel in _DISTURBS and known.awake_at > now:
        is_in_time = known.awake_at < expires_at
        return Later(known.awake_at, "quiet hours") if is_in_time else Out("expired", "quiet hours until it expires")
    return Go(known.addresses[channel])


def _never(channel: Channel, known: Known) -> Out | None:
    if known.stop is not None:
        return Out("cancelled", known.stop)
    if known.gone is not None:
        return Out("excluded", known.gone)
    if channel not in known.addresses:
        return Out("excluded", "no_address")
    return Out("excluded", known.refusals[channel]) if channel in known.refusals else None


def choose(known: Known, expires_at: datetime, now: datetime) -> tuple[Channel, Verdict]:
    """Where the notice names no channel: the first that may go now, else the first that may later; else the reasons of all."""
    verdicts = [(channel, judge(channel, known, expires_at, now)) for channel in CHANNELS]
    for kind in (Go, Later):
        for channel, verdict in verdicts:
            if isinstance(verdict, kind):
                return channel, verdict
    outs = [(channel, verdict) for channel, verdict in verdicts if isinstance(verdict, Out)]
    reasons = {verdict.reason for _, verdict in outs}
    told = reasons.pop() if len(reasons) == 1 else "; ".join(f"{channel}: {verdict.reason}" for channel, verdict in outs)
    return outs[0][0], Out(outs[0][1].state, told)
