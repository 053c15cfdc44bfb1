"""Begin one of the hub's processes, which keeps nothing of the command line in its memory where it needs none of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.settings import Settings


def named(words: Sequence[str]) -> str | None:
    """The process that `hub run NAME` names, if it has settings of its own; in all other cases the whole command line is asked."""
    match words:
        case ["run", name] if not name.startswith("-"):
            from hub.settings import Settings

            return name if has_own(Settings()) else None
    return None


def has_own(settings: "Settings") -> bool:
    """Whether somebody said which hub is meant; unless told, it is the one that `hub up` runs on this machine."""
    return bool(settings.model_fields_set & {"kafka_bootstrap", "database_url"})


def begin(name: str) -> None:
    """Run it until it is told to stop."""
    import uvloop

    from hub.settings import Settings
    from hub.wiring import run

    uvloop.run(run(name, Settings()))
