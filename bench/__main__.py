"""`python -m bench`: the hub beside what would be deployed instead, and beside the limit of the database."""

import argparse
import asyncio
import logging
import os
import random
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bench.backlog import Backlog
from bench.connect import Connect
from bench.debezium import Debezium
from bench.house import House
from bench.hub_path import HubPath
from bench.limit import Limit
from bench.load import Load
from bench.log import Log
from bench.plan import FULL, QUICK, Plan
from bench.report import write
from bench.sheet import Sheet
from hub.local.folders import scratch
from hub.telemetry import configure_logs

CONTENDERS = ("full", "debezium", "limit")
WORKLOADS = ("100k", "1m")


def main() -> None:
    """Interleave the contenders in random order, verify what each has done, and compare them round by round."""
    options = argparse.ArgumentParser(
        prog="python -m bench", description=main.__doc__, epilog="example: QUICK=1 python -m bench --only full,debezium --workloads 100k"
    )
    options.add_argument("--only", default=",".join(CONTENDERS), help=f"contenders, of {', '.join(CONTENDERS)} (default: all)")
    options.add_argument("--workloads", default=",".join(WORKLOADS), help=f"of {', '.join(WORKLOADS)} (default: all)")
    options.add_argument("--rounds", type=int, help="rounds after the warm-up")
    options.add_argument("--events", type=int, help="events of a round")
    options.add_argument("--seed", type=int, help="of the order in which contenders run")
    options.add_argument("--results", type=Path, default=Path("bench/results.json"), help="where the figures go (default %(default)s)")
    chosen = options.parse_args()
    plan = QUICK if os.environ.get("QUICK", "0") not in {"", "0"} else FULL
    plan = replace(plan, **{name: value for name in ("rounds", "events", "seed") if (value := getattr(chosen, name)) is not None})
    only, workloads = _names(options, chosen.only, CONTENDERS), _names(options, chosen.workloads, WORKLOADS)
    configure_logs("error")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics made anew are not found for a moment
    with scratch() as folder:
        asyncio.run(_measure(folder, plan, only, workloads, chosen.results))


def _names(options: argparse.ArgumentParser, given: str, known: tuple[str, ...]) -> set[str]:
    names = {name.strip() for name in given.split(",") if name.strip()}
    if unknown := names - set(known):
        options.error(f"expected some of {', '.join(known)}; got {', '.join(sorted(unknown))}")
    return names


async def _measure(folder: Path, plan: Plan, only: set[str], names: set[str], results: Path) -> None:
    sheet, chance = Sheet(), random.Random(plan.seed)
    with ExitStack() as stack:
        house = stack.enter_context(House(folder))
        log = Log(house)
        load, wide = Load(plan.events, plan.rows), Load(plan.events, plan.many_rows)
        everybody = {"full": HubPath(house, log), "limit": Limit(house)}
        setting = ""
        if "debezium" in only:
            debezium = Debezium(house, log, stack.enter_context(Connect(folder / "connect", house.kafka)))
            await debezium.warm_up(Load(plan.warm_events, plan.rows), plan.rows, plan.warm_passes)
            setting = debezium.setting
            everybody |= {"debezium": debezium}
        contenders = [contender for name, contender in everybody.items() if name in only]
        workloads = [
            Backlog("100k", log, contenders, load, plan.rows),
            Backlog("1m", log, [c for c in contenders if c.name in {"full", "debezium"}], wide, plan.many_rows),
        ]
        for number in range(plan.rounds + 1):
            for workload in workloads:
                if workload.name in names:
                    await workload.round(number, chance, sheet)
    write(sheet, plan, setting, results)


if __name__ == "__main__":
    main()
