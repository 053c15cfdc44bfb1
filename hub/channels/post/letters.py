"""Send letters: gather them into print batches, whose commit is the sending of all that are in them."""

import asyncio
import secrets
from datetime import UTC, datetime
from pathlib import Path

from hub.channels.parcel import Accepted, Letter, Parcel, Receipt, Refused, TryLater, Unsure
from hub.channels.post.batch import commit

_WRITING_SECONDS = 120.0


class PostChannel:
    """A letter waits for its batch: until that is full, or nothing more has come for `seconds` since its first."""

    def __init__(self, folder: Path, *, most: int, seconds: float) -> None:
        self._folder, self._most, self._seconds = folder, most, seconds
        self._gathered: list[tuple[str, Letter, asyncio.Future[Receipt]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._committing: set[asyncio.Task[None]] = set()
        self.at_once, self.spare, self.longest = most, 0, seconds + _WRITING_SECONDS

    async def send(self, parcel: Parcel) -> Receipt:
        """Send one letter, together with others."""
        if not isinstance(parcel.content, Letter):
            return Refused(f"{parcel.content.channel} does not go by post", is_final=True, cause="other")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Receipt] = loop.create_future()
        self._gathered.append((parcel.delivery, parcel.content, answer))
        if len(self._gathered) >= self._most:
            self._commit()
        elif self._timer is None:
            self._timer = loop.call_later(self._seconds, self._commit)
        return await asyncio.shield(answer)

    async def close(self) -> None:
        """Commit what was gathered."""
        self._commit()
        await asyncio.gather(*self._committing)

    def _commit(self) -> None:
        if self._timer:
            self._timer.cancel()
        gathered, self._gathered, self._timer = self._gathered, [], None
        if gathered:
            task = asyncio.create_task(self._lay_down(gathered))
            self._committing.add(task)
            task.add_done_callback(self._committing.discard)

    async def _lay_down(self, gathered: list[tuple[str, Letter, "asyncio.Future[Receipt]"]]) -> None:
        now = datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        answers = [answer for _, _, answer in gathered]
        try:
            await asyncio.to_thread(commit, self._folder, name, [(delivery, letter) for delivery, letter, _ in gathered], now)
        except OSError as error:
            is_there = (self._folder / name).exists()
            reason = f"print batch not written: {error.strerror or type(error).__name__}"
            for answer in answers:
                answer.set_result(Unsure(reason) if is_there else TryLater(reason))
        except Exception as error:  # noqa: BLE001 - it flies at those who wait, who would wait for ever otherwise
            for answer in answers:
                answer.set_exception(error)
        else:
            for number, answer in enumerate(answers, 1):
                answer.set_result(Accepted(f"{name}/{number:05}"))
