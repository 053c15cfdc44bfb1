"""Two dealers and the OEM who speak of one car, in tests of reminders."""

from datetime import timedelta
from typing import Any

from contracts.base import SERVICE_PLAN_RECORDED
from contracts.contract import Lineage
from contracts.topics import OEM_BASE
from hub.stream.slips import Stored
from tests.support.engine import NOON, Log

VIN = "WVWZZZ1JZXW000001"
START = NOON - timedelta(days=1_000)
"""The town's first day: what its clock says later is not from the future yet."""


class Town:
    """Two dealers and the OEM, on one log."""

    def __init__(self) -> None:
        self.log = Log()
        self.count = 0
        self.timers: list[Stored] = []  # those that were heard

    def say(self, lineage: Lineage[Any], day: float, dealer: str = "ber-001", **fields: Any) -> Stored:
        """What a dealer says, so many days after the first."""
        self.count += 1
        body = {"occurred_at": (START + timedelta(days=day)).isoformat(), **fields}
        return self.log.say(lineage, body, id=f"v{self.count}", dealer=dealer)

    def car(self, lineage: Lineage[Any], day: float, dealer: str = "ber-001", **fields: Any) -> Stored:
        """The same of the one car."""
        return self.say(lineage, day, dealer, vin=VIN, **fields)

    def plan(self) -> list[Stored]:
        """The OEM lays down its service plan."""
        return [self.base(SERVICE_PLAN_RECORDED, id="annual", name="Annual", distance_km=15_000)]

    def base(self, lineage: Lineage[Any], **fields: Any) -> Stored:
        """A base datum; it holds since ever, unless it says from when on."""
        key = f"{lineage.kind}/{fields['id']}@{fields.get('effective_from', '1900-01-01')}"
        return self.log.say(lineage, fields, id=key, source="/oem/mdm", topic=OEM_BASE.name, key=key)
