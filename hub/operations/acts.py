"""Record what an operator did: who, when, why."""

import getpass
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

log = structlog.get_logger("hub.acts")


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id need not have a name
        return "unknown"


@dataclass(frozen=True, slots=True)
class Act:
    """One act of an operator upon a subject, such as `partner.rotated` upon `dealer.ber-01`."""

    what: str
    subject: str
    why: str = ""
    who: str = field(default_factory=_who)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def record(act: Act, **details: object) -> None:
    """Keep the act where an auditor finds it."""
    # a warning, so that a quiet log level does not lose the trace of who did what
    log.warning("act.recorded", act=act.what, subject=act.subject, why=act.why, who=act.who, at=act.at.isoformat(), **details)
