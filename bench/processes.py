"""Processes of a contender: started together, watched, and stopped so that they can finish."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from hub.errors import HubError

ROOT = Path(__file__).parent.parent


class Processes:
    """Python modules of this project, each with its arguments."""

    def __init__(self, processes: "Sequence[asyncio.subprocess.Process]") -> None:
        self._processes = processes

    @property
    def pids(self) -> list[int]:
        """Their numbers, in the order in which they were named."""
        return [process.pid for process in self._processes]

    def check(self) -> None:
        """Raise HubError when one has ended."""
        for process in self._processes:
            if process.returncode is not None:
                raise HubError(f"bench: a contender's process ended with code {process.returncode}")


@asynccontextmanager
async def running(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> AsyncIterator[Processes]:
    """Modules with their arguments, from start to stop."""
    everything = dict(os.environ) | dict(environment)
    started = [await asyncio.create_subprocess_exec(sys.executable, "-m", *words, env=everything, cwd=ROOT) for words in commands]
    try:
        yield Processes(started)
    finally:
        for process in started:
            if process.returncode is None:
                process.terminate()
        for process in started:
            await process.wait()
