"""Keep the log files of long-running children from filling the disk."""

import shutil
from collections.abc import Iterable
from pathlib import Path

MOST_BYTES = 10_000_000


def rotate(logs: Iterable[Path], most_bytes: int = MOST_BYTES) -> None:
    """Move the contents of a log that has grown too large to `NAME.1`, replacing what was there.

    The child keeps its open file, which appends: so the file is emptied, not renamed. A line written between the copy and
    the emptying is lost; a log may lose one, the journal may not and does not live here.
    """
    for log in logs:
        if log.exists() and log.stat().st_size > most_bytes:
            shutil.copy2(log, log.with_name(f"{log.name}.1"))
            with log.open("r+b") as file:
                file.truncate()
