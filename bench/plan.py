"""How much is measured: the whole, or with QUICK a taste that claims nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

WORKLOADS = ("100k", "1m", "latency", "again", "dealers", "reminders", "together", "neighbour", "outage", "memory")
"""In the order in which they are run: first whatever Debezium takes part in, last what takes longest."""

SIZES: Mapping[str, tuple[str, ...]] = {
    "100k": ("events", "rows", "tutorial_events", "warm_passes", "warm_events"),
    "1m": ("events", "rows", "many_rows"),
    "latency": ("latency_seconds",),
    "again": ("events", "rows"),
    "dealers": ("events", "rows", "dealers"),
    "reminders": ("reminders", "reminders_due", "reminders_scheduled"),
    "together": ("together_events", "rows"),
    "neighbour": ("neighbour_seconds", "neighbour_rate"),
    "outage": ("events", "rows", "outage_seconds"),
    "memory": ("memory_events", "rows"),
}
"""What has to be the same before figures of one workload may stand side by side."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of everything; `is_claim` says whether the figures may be quoted.

    `rounds` are those of each workload, fewer where one takes long. `seconds` are what a round of it takes on two idle cores, and
    `start_seconds` what comes before the first: they serve to say how long it will take.
    """

    events: int = 200_000
    rows: int = 100_000
    many_rows: int = 1_000_000
    tutorial_events: int = 3_000
    dealers: int = 1_000
    warm_passes: int = 8
    warm_events: int = 100_000
    latency_seconds: float = 15.0
    latency_rates: tuple[str, ...] = ("100", "1000", "half")
    outage_seconds: float = 60.0
    memory_events: int = 5_000_000
    reminders_due: int = 50_000
    reminders: int = 1_000_000
    reminders_scheduled: int = 5_000
    together_events: int = 120_000
    neighbour_seconds: float = 30.0
    neighbour_rate: int = 1_000
    seed: int = 1
    rounds: Mapping[str, int] = field(
        default_factory=lambda: {
            "100k": 5,
            "1m": 3,
            "latency": 5,
            "again": 3,
            "dealers": 3,
            "reminders": 3,
            "together": 3,
            "neighbour": 5,
            "outage": 2,
            "memory": 1,
        }
    )
    seconds: Mapping[str, float] = field(
        default_factory=lambda: {
            "100k": 85.0,
            "1m": 90.0,
            "latency": 110.0,
            "again": 55.0,
            "dealers": 70.0,
            "reminders": 75.0,
            "together": 50.0,
            "neighbour": 115.0,
            "outage": 110.0,
            "memory": 600.0,
        }
    )
    start_seconds: float = 90.0
    has_warm_round: bool = True
    is_claim: bool = True

    def sizes(self, workload: str) -> dict[str, int | float]:
        """What a workload's figures depend on."""
        return {name: getattr(self, name) for name in SIZES[workload]}


FULL = Plan()
_QUICK_SECONDS = {"100k": 35.0, "again": 20.0, "latency": 20.0, "reminders": 10.0}
QUICK = replace(
    FULL,
    events=20_000,
    many_rows=200_000,
    tutorial_events=300,
    dealers=100,
    warm_passes=4,
    warm_events=20_000,
    latency_seconds=2.0,
    latency_rates=("100", "1000"),
    outage_seconds=3.0,
    memory_events=100_000,
    reminders_due=5_000,
    reminders=20_000,
    reminders_scheduled=300,
    together_events=12_000,
    neighbour_seconds=2.0,
    rounds=dict.fromkeys(WORKLOADS, 3) | {"again": 2, "reminders": 2},
    seconds=dict.fromkeys(WORKLOADS, 30.0) | _QUICK_SECONDS,
    start_seconds=30.0,
    has_warm_round=False,
    is_claim=False,
)
QUICK_WORKLOADS = tuple(_QUICK_SECONDS)
"""What QUICK runs unless told otherwise."""
