"""How much is measured: the whole, or with QUICK a taste that claims nothing."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of everything; `is_claim` says whether the figures may be quoted."""

    rounds: int = 5
    events: int = 200_000
    rows: int = 100_000
    many_rows: int = 1_000_000
    tutorial_events: int = 3_000
    dealers: int = 1_000
    warm_passes: int = 8
    warm_events: int = 100_000
    latency_seconds: float = 20.0
    latency_rates: tuple[str, ...] = ("100", "1000", "half")
    outage_seconds: float = 60.0
    memory_events: int = 5_000_000
    reminders_due: int = 50_000
    reminders: int = 1_000_000
    reminders_scheduled: int = 5_000
    seed: int = 1
    workloads: tuple[str, ...] = ("100k", "1m", "again", "dealers", "latency", "outage", "memory", "reminders")
    has_warm_round: bool = True
    is_claim: bool = True


FULL = Plan()
QUICK = replace(
    FULL,
    rounds=3,
    events=20_000,
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
    workloads=("100k", "again", "latency", "reminders"),
    has_warm_round=False,
    is_claim=False,
)
