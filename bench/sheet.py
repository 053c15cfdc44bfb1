"""What was measured, round by round, and the ratios that follow from it."""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from bench.window import Figures

RATIOS: Mapping[str, tuple[str, str]] = {
    "full_vs_debezium": ("100k/full/rate", "100k/debezium/rate"),
    "nohistory_vs_debezium": ("100k/nohistory/rate", "100k/debezium/rate"),
    "full_vs_tutorial": ("100k/full/rate", "100k/tutorial/rate"),
    "full_vs_limit": ("100k/full/rate", "100k/limit/rate"),
    "nohistory_vs_limit": ("100k/nohistory/rate", "100k/nohistory-limit/rate"),
    "full_vs_debezium_client_cpu": ("100k/full/client_cpu", "100k/debezium/client_cpu"),
    "full_vs_debezium_peak_memory": ("100k/full/peak_mb", "100k/debezium/peak_mb"),
    "duplicates_vs_fresh": ("again-all/full/rate", "again-all/fresh/rate"),
    "fifth_again_vs_fresh": ("again-fifth/full/rate", "again-all/fresh/rate"),
    "million_vs_hundred_thousand": ("1m/beside/rate", "1m/full/rate"),
    "million_full_vs_debezium": ("1m/full/rate", "1m/debezium/rate"),
    "dealers_vs_partitions": ("dealers/full/rate", "dealers/beside/rate"),
    "outage_vs_full": ("outage/full/rate", "outage/beside/rate"),
    "reminders_vs_apscheduler": ("reminders/full/rate", "reminders/apscheduler/rate"),
    "together_vs_alone": ("together/full/rate", "together/alone/rate"),
    "poisoned_vs_healthy_p99": ("neighbour/poisoned/p99", "neighbour/healthy/p99"),
    "slow_vs_healthy_p99": ("neighbour/slow/p99", "neighbour/healthy/p99"),
    "p50_vs_debezium": ("latency/full/p50", "latency/debezium/p50"),
    "p99_vs_debezium": ("latency/full/p99", "latency/debezium/p99"),
    **{
        f"{part}_vs_debezium_at_{rate}": (f"latency-{rate}/full/{part}", f"latency-{rate}/debezium/{part}")
        for rate in ("100", "1000", "half")
        for part in ("p50", "p99")
    },
}
"""Each is the first measure over the second, both of the same round. `beside` is the plain backlog, run in the workload's own round."""


@dataclass(frozen=True, slots=True)
class Note:
    """When a workload was measured last, of which commit, in which sizes, and how often."""

    at: str
    commit: str
    is_claim: bool
    sizes: Mapping[str, float]
    rounds: int = 0

    def is_like(self, other: "Note") -> bool:
        """Whether rounds of both may stand side by side."""
        return (self.commit, self.is_claim, self.sizes) == (other.commit, other.is_claim, other.sizes)


def workload_of(what: str) -> str:
    """Whose round a number belongs to: `latency` of `latency-100/full/p50`."""
    return what.partition("/")[0].partition("-")[0]


class Sheet:
    """Numbers by what they are (`workload/contender/measure`) and by round; of each workload a note, of Debezium's sink its setting."""

    def __init__(self) -> None:
        self.numbers: dict[str, dict[int, float]] = defaultdict(dict)
        self.notes: dict[str, Note] = {}
        self.setting = ""

    def rounds(self, workload: str) -> set[int]:
        """The rounds that were measured of a workload."""
        return {number for what, by_round in self.numbers.items() if workload_of(what) == workload for number in by_round}

    def next_round(self, workload: str, note: Note) -> int:
        """The number of the next one: rounds go on where they stopped, unless what was measured would not stand beside it."""
        before = self.notes.get(workload)
        return max(self.rounds(workload), default=0) + 1 if before and before.is_like(note) else 1

    def add(self, workload: str, note: Note, found: "Sheet") -> None:
        """Take in a round; what was measured of the workload in other sizes or of another commit falls away."""
        before = self.notes.get(workload)
        if before is None or not before.is_like(note):
            for what in [what for what in self.numbers if workload_of(what) == workload]:
                del self.numbers[what]
        for what, by_round in found.numbers.items():
            self.numbers[what].update(by_round)
        self.notes[workload] = replace(note, rounds=len(self.rounds(workload)))

    def note(self, round_number: int, what: str, figures: Figures) -> None:
        """Take in a run's figures under `workload/contender`."""
        for measure, value in asdict(figures).items():
            self.numbers[f"{what}/{measure}"][round_number] = value

    def ratio(self, name: str) -> dict[str, float | int] | None:
        """Median, min and max of a ratio over the rounds in which both its sides were measured."""
        above, below = (self.numbers.get(side, {}) for side in RATIOS[name])
        found = [above[n] / below[n] for n in sorted(above.keys() & below.keys()) if below[n]]
        if not found:
            return None
        return {"median": _short(statistics.median(found)), "min": _short(min(found)), "max": _short(max(found)), "rounds": len(found)}

    def ratios(self) -> dict[str, dict[str, float | int]]:
        """Every ratio that could be measured."""
        return {name: ratio for name in RATIOS if (ratio := self.ratio(name))}

    def medians(self) -> dict[str, dict[str, dict[str, float]]]:
        """By workload and contender, each measure with its median, min and max over the rounds."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        for what, by_round in self.numbers.items():
            run, _, measure = what.rpartition("/")
            values = list(by_round.values())
            spread = {"median": _short(statistics.median(values)), "min": _short(min(values)), "max": _short(max(values))}
            found.setdefault(run, {})[measure] = spread
        return found


def _short(value: float) -> float:
    """Four figures are more than the noise leaves."""
    return float(f"{value:.4g}")
