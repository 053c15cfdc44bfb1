"""`python -m bench.guard`: refuse a change that makes the full path dearer; no clock is asked, only CPU time, and that as ratios."""

import argparse
import asyncio
import json
import logging
import statistics
import time
from pathlib import Path
from typing import NamedTuple

from bench.growth import growth
from bench.house import House
from bench.hub_path import HubPath
from bench.load import Load, as_hub_record
from bench.log import Log
from bench.say import say
from hub.local.folders import scratch
from hub.telemetry import configure_logs

BASELINE = Path(__file__).with_name("baseline.json")
MARGIN = 1.3
"""So much dearer than the baseline may an event be: the noise of a busy machine stays below, a statement more for each event does not."""
GROWTH = 1.35
"""So much dearer may an event be in the large table than in the small one."""
SMALL, LARGE = 100_000, 1_000_000
EVENTS, ROUNDS = 15_000, 3
GROWING = 25_000
"""Events into each of the two tables."""


class Measured(NamedTuple):
    """CPU per event of the full path over CPU per body decoded; and CPU per event of T1 in the large table over the small one."""

    cost: float
    growth: float


def main() -> None:
    """Measure, then compare with the baseline or, with --renew, replace it."""
    options = argparse.ArgumentParser(prog="python -m bench.guard", description=main.__doc__)
    options.add_argument("--renew", action="store_true", help="write what was measured as the new baseline")
    chosen = options.parse_args()
    configure_logs("error")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics made anew are not found for a moment
    with scratch() as folder:
        found = asyncio.run(_measure(folder))
    if chosen.renew:
        BASELINE.write_text(json.dumps({"cost": round(found.cost, 2)}, indent=2) + "\n")
        print(f"bench: an event costs {found.cost:.2f} times what decoding one does; written to {BASELINE.name}")
        return
    if faults := judge(found, json.loads(BASELINE.read_text())["cost"]):
        raise SystemExit("\n".join(faults))
    print(
        f"bench: an event costs {found.cost:.2f} times what decoding one does, in the large table {found.growth:.2f} times as much: passed"
    )


def judge(found: Measured, baseline: float) -> list[str]:
    """What is wrong with a measurement, in words that say what to do."""
    faults = []
    if found.cost > baseline * MARGIN:
        faults.append(
            f"bench: an event of the full path costs {found.cost:.2f} times what decoding one does; the baseline is {baseline:.2f}, at most"
            f" {MARGIN} times that is allowed. Look at a profile, or where the price is right: python -m bench.guard --renew"
        )
    if found.growth > GROWTH:
        faults.append(
            f"bench: an event costs {found.growth:.2f} times as much among {LARGE:,} rows as among {SMALL:,}; at most {GROWTH} is allowed."
            " Look at the plans of the statements"
        )
    return faults


async def _measure(folder: Path) -> Measured:
    with House(folder) as house:
        log, load = Log(house), Load(EVENTS, SMALL)
        path = HubPath(house, log)
        log.hold(load)
        costs, units = [], [_decoding(load)]
        for number in range(ROUNDS):
            figures = await path.run(load, SMALL)
            units.append(_decoding(load))
            costs.append((figures.client_cpu + figures.database_cpu) / statistics.mean(units[-2:]))
            say(f"bench: round {number + 1} of {ROUNDS}: cost {costs[-1]:.2f}")
        return Measured(statistics.median(costs), await growth(house, GROWING, SMALL, LARGE))


def _decoding(load: Load) -> float:
    """CPU seconds that Python's own decoder takes for 1,000 bodies: the yardstick, which no change of ours moves."""
    bodies = [as_hub_record(load, event)[2] for _, event in zip(range(5_000), load, strict=False)]
    began = time.process_time()
    for body in bodies * 4:
        json.loads(body)
    return (time.process_time() - began) / (len(bodies) * 4) * 1000


if __name__ == "__main__":
    main()
