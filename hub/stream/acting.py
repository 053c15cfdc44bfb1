"""What it takes to carry out an operator's act, and what is told of it afterwards."""

from typing import NamedTuple
from uuid import UUID

from hub.rules.masking import mask_path
from hub.state.dead_letters import DeadLetter
from hub.state.store import Connection
from hub.stream.outcome import DEAD
from hub.stream.record import Good, Reader
from hub.stream.work import Work


class Acting(NamedTuple):
    """One consumer's means, within a transaction."""

    connection: Connection
    work: Work
    reader: Reader
    consumer: str


class Effect(NamedTuple):
    """What an act came to, in words; `behind` counts the records that went on because of it."""

    act: Good
    words: str
    behind: int = 0

    @property
    def is_dead(self) -> bool:
        """Whether the act was in vain."""
        return self.words.startswith(DEAD)

    @property
    def told(self) -> str:
        """One line for the ledger of acts."""
        return f"{self.words}; {self.behind} behind it went on" if self.behind else self.words


def identifier(text: str) -> UUID | None:
    """The id that an act names; None for what cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def reason(letter: DeadLetter) -> str:
    """Why it is dead, and where it is wrong, in a line that any operator may read."""
    faults = "; ".join(f"{mask_path(path) or '(body)'}: {expected}" for path, expected in letter.faults[:3])
    return f"{letter.reason}: {faults}" if faults else letter.reason
