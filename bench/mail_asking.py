"""Ask the sink what it has, over a line that is kept."""

import smtplib
from typing import NamedTuple


class Taken(NamedTuple):
    """What the sink says that it has."""

    messages: int
    names: int
    bytes: int


class Asking:
    """The sink's process, and how it is asked; raises OSError while nobody listens."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid
        self._line = smtplib.SMTP("127.0.0.1", port, local_hostname="localhost", timeout=60)

    def ask(self) -> Taken:
        """What came since it forgot the last time."""
        return Taken(*map(int, self._line.docmd("VRFY", "all")[1].split()))

    def forget(self) -> None:
        """Count anew."""
        self._line.docmd("EXPN", "all")

    def close(self) -> None:
        """Leave the sink alone."""
        self._line.close()
