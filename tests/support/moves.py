"""What operators' acts say of offsets that they set: the only ones that may go back, or skip a record."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from contracts import envelope as cloudevents
from contracts.acts import OPERATION_BEGUN, OPERATION_ENDED
from hub.stream.slips import Stored

_MOVE = re.compile(r"(?P<topic>\S+)\[(?P<partition>\d+)\] (?P<was>-?\d+) → (?P<becomes>\d+)\Z")


class Moved(NamedTuple):
    """One next offset that an operator set."""

    consumer: str
    topic: str
    partition: int
    was: int
    becomes: int

    @property
    def where(self) -> tuple[str, str, int]:
        return self.consumer, self.topic, self.partition


def moves(log: Mapping[str, Sequence[Stored]]) -> list[Moved]:
    """Every offset that was set, as hub.acts tells it, in that order."""
    return list(_moves(log.get("hub.acts", ())))


def _moves(records: Iterable[Stored]) -> Iterator[Moved]:
    consumers: dict[str, str] = {}
    for record in records:
        try:
            envelope, data = cloudevents.read(record.headers, record.value)
        except cloudevents.Invalid:
            continue
        if envelope.type == OPERATION_BEGUN.wire:
            begun = OPERATION_BEGUN.decode(1, data)
            if begun.what == "offsets.set":
                consumers[begun.operation] = begun.subject
        elif envelope.type == OPERATION_ENDED.wire:
            ended = OPERATION_ENDED.decode(1, data)
            for line in ended.done if ended.operation in consumers else ():
                match = _MOVE.match(line)
                assert match, line
                yield Moved(consumers[ended.operation], match["topic"], int(match["partition"]), int(match["was"]), int(match["becomes"]))
