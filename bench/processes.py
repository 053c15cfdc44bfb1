"""Processes of a contender: started together, watched, and stopped so that they can finish."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bench.say import say
from hub.errors import HubError

_STOPPING_SECONDS = 60.0
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
    everything.pop("PYTHONDONTWRITEBYTECODE", None)  # who starts after the first finds bytecode, as in the image: to compile takes memory
    started = [await asyncio.create_subprocess_exec(sys.executable, "-m", *words, env=everything, cwd=ROOT) for words in commands]
    try:
        yield Processes(started)
    finally:
        for process in started:
            if process.returncode is None:
                process.terminate()
        for process, words in zip(started, commands, strict=True):
            await _ended(process, " ".join(words))


async def _ended(process: asyncio.subprocess.Process, name: str) -> None:
    """Wait for the end of a process that was asked to end; one that does not is killed, and that is said."""
    try:
        async with asyncio.timeout(_STOPPING_SECONDS):
            await process.wait()
    except TimeoutError:
        say(f"bench: {name} did not end within {_STOPPING_SECONDS:.0f} s of being asked, and was killed")
        process.kill()
        await process.wait()
