"""What dealers say in the tests of faults, and what must have become of it."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from contracts.base import SALES_MODEL_RECORDED
from contracts.contract import Lineage
from contracts.opportunities import OPPORTUNITY_MOVED, OPPORTUNITY_OPENED, OPPORTUNITY_WON
from tests.support.engine import NOON, Log

DEALER = "ber-01"
MODEL = {
    "id": "standard",
    "name": "Standard sale",
    "stages": [
        {"id": "prospecting", "name": "Prospecting", "probability": 10, "moves": ["engaging"], "may_win": False},
        {"id": "engaging", "name": "Engaging", "probability": 60},
    ],
}
MODEL_KEY = "sales_model/standard@1900-01-01"


class Record(NamedTuple):
    """One record as a producer sends it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


def said(lineage: Lineage[Any], body: dict[str, Any], *, id: str, dealer: str = DEALER, **how: Any) -> Record:  # noqa: A002 - the CloudEvents attribute
    """One event in binary mode, as `engine.Log.say` words it."""
    record = Log().say(lineage, body, id=id, dealer=dealer, **how)
    return Record(record.topic, record.key, record.value, tuple(record.headers))


def sales_model() -> Record:
    """The OEM lays down the sales model that all sales here follow."""
    return said(SALES_MODEL_RECORDED, MODEL, id="model-1", topic="oem.base", source="/oem", key=MODEL_KEY)


def sale(ref: str, dealer: str = DEALER) -> list[Record]:
    """One opportunity: opened, moved, won."""

    def step(lineage: Lineage[Any], minutes: int, body: dict[str, Any]) -> Record:
        at = (NOON + timedelta(minutes=minutes)).isoformat()
        return said(lineage, {"opportunity": ref, "occurred_at": at, **body}, id=f"{ref}-{minutes}", dealer=dealer)

    return [
        step(OPPORTUNITY_OPENED, 0, {"stage": "prospecting"}),
        step(OPPORTUNITY_MOVED, 1, {"from_stage": "prospecting", "to_stage": "engaging"}),
        step(OPPORTUNITY_WON, 2, {"stage": "engaging"}),
    ]


def sales(count: int, dealer: str = DEALER, *, first: int = 0) -> list[Record]:
    """So many opportunities, their steps interleaved: all are opened, then all are moved, then all are won."""
    ready = [sale(f"O-{number:05}", dealer) for number in range(first, first + count)]
    return [step for steps in zip(*ready, strict=True) for step in steps]


def in_parts(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    """The records, a few at a time."""
    listed = list(records)
    return (listed[start : start + size] for start in range(0, len(listed), size))
