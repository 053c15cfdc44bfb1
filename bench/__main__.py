"""`python -m bench`: the hub beside what would be deployed instead, and beside the limit of the database."""

import argparse
import asyncio
import logging
import os
from dataclasses import replace
from pathlib import Path

from bench.kept import kept
from bench.plan import FULL, QUICK, QUICK_WORKLOADS, WORKLOADS, Plan
from bench.report import save, table
from bench.sheet import Sheet
from bench.workloads import CONTENDERS, Course
from hub.errors import InputError
from hub.local.folders import scratch
from hub.telemetry import configure_logs

NUMBERS = (
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
    """Interleave the contenders in random order, verify what each has done, and compare them round by round.

    The results are written after each round.
    """
    options = argparse.ArgumentParser(
        prog="python -m bench",
        description=main.__doc__,
        epilog="example: python -m bench --keep --only full,debezium --workloads 100k,latency --rounds 3",
    )
    options.add_argument(
        "--only", default=",".join(CONTENDERS), metavar="NAMES", help=f"contenders, of {', '.join(CONTENDERS)}; default all"
    )
    options.add_argument(
        "--workloads",
        metavar="NAMES",
        help=f"of {', '.join(WORKLOADS)}; default all, with QUICK=1 {', '.join(QUICK_WORKLOADS)}",
    )
    fewer = ", ".join(f"{name} {number}" for name, number in FULL.rounds.items())
    options.add_argument("--rounds", type=int, metavar="N", help=f"of each workload; default {fewer}, with QUICK=1 at most 3")
    for name in NUMBERS:
        kind = type(getattr(FULL, name))
        options.add_argument(f"--{name.replace('_', '-')}", type=kind, help=f"default {getattr(FULL, name):,}, with QUICK=1 less")
    options.add_argument("--results", type=Path, default=Path("bench/results.json"), help="where the figures go; the plot lies beside it")
    options.add_argument(
        "--keep",
        action="store_true",
        help="add to what that file holds; of a workload that is measured now, what was measured of another commit or in other sizes goes",
    )
    chosen = options.parse_args()
    plan = _plan(chosen)
    only = _names(options, chosen.only, CONTENDERS)
    is_quick = not plan.is_claim
    names = _names(options, chosen.workloads or ",".join(QUICK_WORKLOADS if is_quick else WORKLOADS), WORKLOADS)
    try:
        sheet = kept(chosen.results) if chosen.keep else Sheet()
    except InputError as error:
        options.error(str(error))
    configure_logs("error")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics made anew are not found for a moment
    with scratch() as folder:
        course = Course(folder, plan, only, names, sheet, lambda: save(sheet, plan, chosen.results))
        try:
            asyncio.run(course.run())
        finally:
            if sheet.numbers:
                print(table(save(sheet, plan, chosen.results)))
                print(f"written to {chosen.results} and {chosen.results.with_suffix('.svg')}")
    if course.failed:
        raise SystemExit(
            f"bench: without {', '.join(course.failed)}: see above. Mend it, then --keep --workloads {','.join(course.failed)}"
        )


def _plan(chosen: argparse.Namespace) -> Plan:
    plan = QUICK if os.environ.get("QUICK", "0") not in {"", "0"} else FULL
    if chosen.rounds is not None:
        plan = replace(plan, rounds=dict.fromkeys(plan.rounds, chosen.rounds))
    return replace(plan, **{name: value for name in NUMBERS if (value := getattr(chosen, name)) is not None})


def _names(options: argparse.ArgumentParser, given: str, known: tuple[str, ...]) -> list[str]:
    """What was named, in the order in which it is known."""
    names = {name.strip() for name in given.split(",") if name.strip()}
    if unknown := names - set(known):
        options.error(f"expected some of {', '.join(known)}; got {', '.join(sorted(unknown))}")
    return [name for name in known if name in names]


if __name__ == "__main__":
    main()
