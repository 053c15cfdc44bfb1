"""`python -m bench`: crm-sync from Kafka into the store, beside the same SQL replayed from memory."""

import argparse
import asyncio
import json
import logging
import random
import statistics
import sys
from pathlib import Path

from bench.house import House
from bench.load import Load
from bench.paths import Result, full_path, replay
from hub.local.folders import scratch
from hub.telemetry import configure_logs

CONTENDERS = {"full": full_path, "replay": replay}


def main() -> None:
    """Interleave the contenders in random order and print rates, CPU and the ratio of each round."""
    options = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    options.add_argument("--events", type=int, default=40_000, help="customer events a round, about 1 KB each (default 40,000)")
    options.add_argument("--rounds", type=int, default=5, help="rounds after the warm-up (default 5)")
    options.add_argument("--json", action="store_true", help="print JSON only")
    chosen = options.parse_args()
    configure_logs("error")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics made anew each round are not found for a moment
    say = (lambda *_: None) if chosen.json else (lambda *words: print(*words, file=sys.stderr))
    with scratch() as folder:
        rounds = asyncio.run(_rounds(folder, chosen.events, chosen.rounds, say))
    _print(rounds, as_json=chosen.json)


async def _rounds(folder: Path, events: int, rounds: int, say: object) -> list[dict[str, Result]]:
    done = []
    with House(folder) as house:
        load = Load(events)
        for number in range(rounds + 1):
            order = list(CONTENDERS)
            random.shuffle(order)
            results = {}
            for name in order:
                results[name] = await CONTENDERS[name](house, load)
                say(f"{'warm-up' if number == 0 else f'round {number}'} {name}: {results[name].rate:,.0f} events/s")  # type: ignore[operator]
            if number:
                done.append(results)
    return done


def _print(rounds: list[dict[str, Result]], *, as_json: bool) -> None:
    ratios = sorted(r["full"].rate / r["replay"].rate for r in rounds)
    ratio = {"median": round(statistics.median(ratios), 2), "min": round(ratios[0], 2), "max": round(ratios[-1], 2), "rounds": len(ratios)}
    summary = {
        "contenders": {
            name: {
                "events_per_second": round(statistics.median(r[name].rate for r in rounds)),
                "client_cpu_seconds_per_1000": round(statistics.median(r[name].client_cpu for r in rounds), 4),
                "database_cpu_seconds_per_1000": round(statistics.median(r[name].database_cpu for r in rounds), 4),
            }
            for name in CONTENDERS
        },
        "ratios": {"full_vs_replay": ratio},
    }
    if as_json:
        print(json.dumps(summary, indent=2))
        return
    print(f"{'':22}{'events/s':>10}{'client CPU':>14}{'database CPU':>14}   (CPU: seconds per 1,000 events)")
    for name, figures in summary["contenders"].items():
        words = {"full": "crm-sync and relay", "replay": "its SQL from memory"}[name]
        rate, client, database = figures.values()
        print(f"{words:22}{rate:>10,}{client:>14}{database:>14}")
    print(f"full path / replay: {ratio['median']} (median of {ratio['rounds']} rounds, {ratio['min']} to {ratio['max']})")


if __name__ == "__main__":
    main()
