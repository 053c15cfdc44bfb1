"""What was measured of mail, and the ratios that follow from it: for programs, and as tables."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

RATIOS = {
    "hub_vs_nodemailer": ("rate", "hub", "nodemailer", 2.0),
    "hub_vs_loop": ("rate", "hub", "loop", 10.0),
    "channel_vs_nodemailer": ("rate", "channel", "nodemailer", 0.0),
    "ceiling_vs_hub": ("rate", "blast", "hub", 2.0),
    "ceiling_vs_channel": ("rate", "blast", "channel", 2.0),
    "nodemailer_cpu_vs_channel": ("cpu", "nodemailer", "channel", 0.0),
}
"""Of what, over what, and what the median has to reach; CPU says more than time where others use the machine as well."""
_PARTS = ("rate", "cpu", "database", "sink", "bytes")

Runs = Mapping[str, Sequence[Mapping[str, float]]]
"""By contender, a run of each round."""


def found(measured: Runs) -> dict[str, Any]:
    """Medians and bounds of everything, and every single figure."""
    runs = {name: {part: _spread([run.get(part, 0.0) for run in rounds]) for part in _PARTS} for name, rounds in measured.items()}
    ratios = {}
    for name, (part, over, under, least) in RATIOS.items():
        by_round = [one[part] / other[part] for one, other in zip(measured.get(over, ()), measured.get(under, ()), strict=False)]
        if by_round:
            ratios[name] = {**_spread(by_round), "rounds": len(by_round), "least": least}
    return {
        "ratios": ratios,
        "missed": _missed(ratios),
        "runs": runs,
        "measured": {name: list(rounds) for name, rounds in measured.items()},
    }


def table(told: Mapping[str, Any]) -> str:
    """Everything for the terminal."""
    lines = [f"{'':14}{'mails/s':>10}{'min':>10}{'max':>10}{'µs CPU':>10}{'database':>10}{'sink':>8}{'bytes':>8}"]
    for name, run in told["runs"].items():
        rate, cpu, database, sink, size = (run[part] for part in _PARTS)
        lines.append(
            f"{name:14}{rate['median']:>10,.0f}{rate['min']:>10,.0f}{rate['max']:>10,.0f}{cpu['median']:>10,.0f}{database['median']:>10,.0f}"
            f"{sink['median']:>8,.0f}{size['median']:>8,.0f}"
        )
    lines += ["", f"{'ratio, per round':30}{'median':>8}{'min':>8}{'max':>8}{'least':>8}"]
    for name, ratio in told["ratios"].items():
        lines.append(f"{name:30}{ratio['median']:>8.2f}{ratio['min']:>8.2f}{ratio['max']:>8.2f}{ratio['least'] or '':>8}")
    return "\n".join(lines)


def _missed(ratios: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [name for name, ratio in ratios.items() if ratio["median"] < ratio["least"]]


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}
