"""`python -m bench`: the hub beside what would be deployed instead, and beside the limit of the database."""

import argparse
import asyncio
import logging
import os
from dataclasses import replace
from pathlib import Path

from bench.plan import FULL, QUICK, Plan
from bench.report import write
from bench.sheet import Sheet
from bench.workloads import CONTENDERS, WORKLOADS, Course
from hub.local.folders import scratch
from hub.telemetry import configure_logs

NUMBERS = (
    "rounds",
    "events",
    "seed",
    "many_rows",
    "dealers",
    "memory_events",
    "reminders",
    "reminders_due",
    "warm_passes",
    "latency_seconds",
    "outage_seconds",
)


def main() -> None:
    """Interleave the contenders in random order, verify what each has done, and compare them round by round."""
    options = argparse.ArgumentParser(
        prog="python -m bench",
        description=main.__doc__,
        epilog="example: QUICK=1 python -m bench --only full,debezium --workloads 100k,latency",
    )
    options.add_argument(
        "--only", default=",".join(CONTENDERS), metavar="NAMES", help=f"contenders, of {', '.join(CONTENDERS)}; default all"
    )
    options.add_argument("--workloads", metavar="NAMES", help=f"of {', '.join(WORKLOADS)}; default all, with QUICK=1 those that are quick")
    for name in NUMBERS:
        kind = type(getattr(FULL, name))
        options.add_argument(f"--{name.replace('_', '-')}", type=kind, help=f"default {getattr(FULL, name):,}, with QUICK=1 less")
    options.add_argument("--results", type=Path, default=Path("bench/results.json"), help="where the figures go; the plot lies beside it")
    chosen = options.parse_args()
    plan = _plan(chosen)
    only = _names(options, chosen.only, CONTENDERS)
    workloads = _names(options, chosen.workloads or ",".join(plan.workloads), WORKLOADS)
    configure_logs("error")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics made anew are not found for a moment
    sheet = Sheet()
    with scratch() as folder:
        course = Course(folder, plan, only, workloads)
        try:
            asyncio.run(course.run(sheet))
        finally:
            if sheet.numbers:  # a run that was broken off has measured something too
                write(sheet, plan, course.setting, chosen.results)


def _plan(chosen: argparse.Namespace) -> Plan:
    plan = QUICK if os.environ.get("QUICK", "0") not in {"", "0"} else FULL
    return replace(plan, **{name: value for name in NUMBERS if (value := getattr(chosen, name)) is not None})


def _names(options: argparse.ArgumentParser, given: str, known: tuple[str, ...]) -> set[str]:
    names = {name.strip() for name in given.split(",") if name.strip()}
    if unknown := names - set(known):
        options.error(f"expected some of {', '.join(known)}; got {', '.join(sorted(unknown))}")
    return names


if __name__ == "__main__":
    main()
