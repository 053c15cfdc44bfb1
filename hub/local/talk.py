"""What a stand-in still has to tell the door, each thing in its own time."""

import asyncio
from collections.abc import Coroutine


class Talk:
    """Begun and not waited for, unless somebody asks for all of it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, telling: Coroutine[object, object, None]) -> None:
        """Tell this in the background."""
        task = asyncio.create_task(telling)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def told(self) -> None:
        """Wait until all of it has been told."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def end(self) -> None:
        """Tell nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
