"""Tell what was measured: a table for the terminal, `results.json` for programs."""

import json
from pathlib import Path
from typing import Any

from bench.aside import beside
from bench.kept import written
from bench.machine import machine
from bench.plan import Plan
from bench.plot import draw
from bench.sheet import RATIOS, Sheet

KINDER = (
    "Kinder to Debezium than to the hub: its topic is flat already, so nothing is checked and no rule is asked; it knows no"
    " duplicates, lets late events overwrite newer ones, keeps no history and tells nobody. Its worker is warm, and its setting"
    " is the best of four."
)
DELAYS = (("p50", 10), ("p99", 9), ("longest", 9))
NO_CLAIM = "Short rounds, smaller than planned (QUICK, or sizes of your own): these figures are no claim."


def save(sheet: Sheet, plan: Plan, path: Path) -> dict[str, Any]:
    """Write the file and the plot, all at once, and return what stands in the file."""
    runs, is_claim = sheet.medians(), all(note.is_claim for note in sheet.notes.values())
    found: dict[str, Any] = {
        "is_claim": is_claim,
        "note": "medians of interleaved rounds; CPU in seconds per 1,000 events" if is_claim else NO_CLAIM,
        "kinder": KINDER,
        "debezium_setting": sheet.setting,
        "ratios": sheet.ratios(),
        "not_measured": [name for name in RATIOS if not sheet.ratio(name)],
        "contenders": {run.removeprefix("100k/"): measures for run, measures in runs.items() if run.startswith("100k/")},
        "runs": runs,
        "machine": machine(),
        "plan": {name: getattr(plan, name) for name in plan.__slots__},
        **written(sheet),
        **beside(path),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(found, indent=2) + "\n")
    draft.replace(path)
    path.with_suffix(".svg").write_text(draw(found["runs"], found["note"]))
    return found


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value else ""  # a replay's memory is the benchmark's own


def table(found: dict[str, Any]) -> str:
    """Everything for the terminal."""
    costs = f"{'client':>8}{'database':>10}{'broker':>8}{'peak MB':>9}"
    lines = [f"{'workload/contender':24}{'events/s':>10}{'min':>9}{'max':>9}   CPU s per 1,000: {costs}"]
    for run, measures in found["runs"].items():
        if "rate" in measures:
            rate = measures["rate"]
            cpu = [measures[name]["median"] for name in ("client_cpu", "database_cpu", "broker_cpu")]
            lines.append(
                f"{run:24}{rate['median']:>10,.0f}{rate['min']:>9,.0f}{rate['max']:>9,.0f}                    "
                f"{cpu[0]:>8.4f}{cpu[1]:>10.4f}{cpu[2]:>8.4f}{_whole(measures['peak_mb']['median']):>9}"
            )
    delays = {run: measures for run, measures in found["runs"].items() if "p50" in measures}
    if delays:
        lines += ["", f"{'milliseconds to commit':24}{'p50':>10}{'p99':>9}{'longest':>9}"]
        lines += [f"{run:24}" + "".join(f"{m[part]['median']:>{w}.1f}" for part, w in DELAYS if part in m) for run, m in delays.items()]
    lines += [
        f"{run}: " + ", ".join(f"{name} {value['median']:,.4g}" for name, value in measures.items())
        for run, measures in found["runs"].items()
        if "rate" not in measures and "p50" not in measures
    ]
    lines += ["", f"{'ratio, per round':36}{'median':>8}{'min':>8}{'max':>8}{'rounds':>8}"]
    lines += [f"{name:36}{r['median']:>8.2f}{r['min']:>8.2f}{r['max']:>8.2f}{r['rounds']:>8}" for name, r in found["ratios"].items()]
    lines += ["", *(f"{name}: {note['rounds']} rounds, {note['at']}, {note['commit']}" for name, note in found["workloads"].items())]
    lines += ["", f"Debezium: {found['debezium_setting']}. {found['kinder']}" if found["debezium_setting"] else "", found["note"]]
    return "\n".join(lines)
