"""Judge what a lane takes; where a partition repeats itself, whatever came before is recognised first and left unread."""

from collections.abc import Collection, Container, Mapping, Sequence

from hub.state.offsets import TopicPartition
from hub.state.recognition import Mark, came
from hub.state.store import Connection
from hub.stream.early import Early
from hub.stream.record import Glance, Raw, Reader, Repeated, Taken

_SHARE, _FEW = 0.25, 8
"""What repeats a larger part of itself is asked about, if it is more than a few: at a fifth asking costs what it saves."""


class Recogniser:
    """Asks of partitions that repeat themselves which of their records came before: by name and fingerprint, once for a whole batch.

    The lanes of a group share one, as they share the partitions: what the last transaction of a partition was like tells what its next
    one will be. While all is new nobody asks. It is asked before the transaction: what has come once has come for good.
    """

    def __init__(self, reader: Reader, early: Early | None = None) -> None:
        self._reader, self._early = reader, early
        self._repeating: set[TopicPartition] = set()

    async def judge(
        self, connection: Connection, taken: Mapping[TopicPartition, Sequence[Raw]], *, closely: bool = False
    ) -> dict[TopicPartition, list[Taken]]:
        """What is in each record, as a whole where it will be looked at `closely`."""
        glance = self._reader.glance
        seen = {partition: [glance(raw) for raw in taken[partition]] for partition in self._repeating & taken.keys()}
        asked = [each.mark for glances in seen.values() for each in glances if each is not None]
        known = await came(connection, asked) if asked else set()
        return {
            partition: [self._recognise(raw, each, known) for raw, each in zip(records, seen[partition], strict=True)]
            if partition in seen
            else self._judge(records, closely)
            for partition, records in taken.items()
        }

    def _judge(self, records: Sequence[Raw], closely: bool) -> list[Taken]:
        if self._early and not closely:
            return self._early.judge(records)
        return [self._reader.judge(raw) for raw in records]

    def _recognise(self, raw: Raw, seen: Glance | None, known: Container[Mark]) -> Taken:
        return Repeated(raw) if seen is not None and seen.mark in known else self._reader.judge(raw, seen)

    def note(self, partitions: Collection[TopicPartition], records: int, repeated: int) -> None:
        """Take in how many of a transaction's records had come with an earlier one."""
        if repeated > max(_FEW, records * _SHARE):
            self._repeating.update(partitions)
        else:
            self._repeating.difference_update(partitions)
