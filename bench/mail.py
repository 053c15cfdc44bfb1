"""`python -m bench.mail`: the hub's couriers beside nodemailer's pool and a loop of aiosmtplib, into one sink."""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from bench import nodemailer
from bench.mail_asking import Asking
from bench.mail_couriers import Couriers
from bench.mail_senders import example
from bench.say import say
from bench.usage import cpu_seconds
from hub.errors import HubError
from hub.local.folders import scratch
from hub.local.ports import free_port

_SHORT = {"loop": 100, "blast": 5}
"""How many times fewer messages one gets that is slow, or whose messages are made beforehand."""
RATIOS = (
    ("hub / nodemailer", "rate", "hub", "nodemailer", 2.0),
    ("hub / loop", "rate", "hub", "loop", 10.0),
    ("channel / nodemailer", "rate", "channel", "nodemailer", 0.0),
    ("sink's ceiling / hub", "rate", "blast", "hub", 2.0),
    ("sink's ceiling / channel", "rate", "blast", "channel", 2.0),
    ("nodemailer's CPU / channel's", "cpu", "nodemailer", "channel", 0.0),
)
"""In words, of what, over what, and what the median has to reach; CPU says more than time where others use the machine as well."""
NAMES = ("hub", "channel", "nodemailer", "loop", "blast")


def main() -> None:
    """Every contender once a round, in random order; a time counts only if the sink has each message once, and the hub's ledger agrees.

    Exit code 1 where a ratio is not what it has to be.
    """
    options = argparse.ArgumentParser(prog="python -m bench.mail", description=main.__doc__)
    is_quick = os.environ.get("QUICK", "0") not in {"", "0"}
    options.add_argument("--rounds", type=int, default=3 if is_quick else 5)
    options.add_argument("--messages", type=int, default=10_000 if is_quick else 200_000)
    options.add_argument("--sessions", type=int, default=8)
    options.add_argument("--couriers", type=int, default=2, help="processes of the hub, which share the sessions; default 2")
    options.add_argument("--only", default=",".join(NAMES), metavar="NAMES", help=f"of {', '.join(NAMES)}; default all")
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    chance, measured = random.Random(chosen.seed), defaultdict[str, list[dict[str, float]]](list)
    names = [name for name in NAMES if name in chosen.only.split(",")]
    if "nodemailer" in names:
        try:
            nodemailer.command(0, 0, 0)
        except HubError as reason:
            say(f"nodemailer is left out: {reason}")
            names.remove("nodemailer")
    with scratch() as folder, _sink() as sink, Couriers.beside(folder, chosen.couriers, chosen.sessions) as couriers:
        for number in range(1, chosen.rounds + 1):
            for name in chance.sample(names, len(names)):
                found = _run(name, sink, couriers, max(chosen.messages // _SHORT.get(name, 1), 100), chosen.sessions)
                say(f"round {number}, {name}: {found['rate']:,.0f} mails/s, {found['cpu']:,.0f} µs of CPU each")
                measured[name].append(found)
    if _report(measured):
        raise SystemExit(1)


def _run(name: str, sink: Asking, couriers: Couriers, count: int, sessions: int) -> dict[str, float]:
    sink.forget()
    spent = cpu_seconds(sink.pid)
    found = asyncio.run(couriers.send(sink, count)) if name == "hub" else _process(name, sink.port, count, sessions)
    taken = sink.ask()
    if (taken.messages, taken.names) != (count, count):
        raise HubError(f"{name}: the sink has {taken.messages} messages, {taken.names} different ones, of {count}")
    return found | {"bytes": taken.bytes / count, "sink": (cpu_seconds(sink.pid) - spent) / count * 1e6}


def _process(name: str, port: int, count: int, sessions: int) -> dict[str, float]:
    """A contender that only sends, in a process of its own, which measures itself."""
    arguments = [str(port), str(count), str(sessions)]
    own = [sys.executable, "-m", "bench.mail_senders", name, *arguments]
    command = nodemailer.command(port, count, sessions) if name == "nodemailer" else own
    words = json.dumps(example()) if name == "nodemailer" else ""
    done = subprocess.run(command, input=words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HubError(f"{name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


@contextmanager
def _sink() -> Iterator[Asking]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.mail_sink", str(port)])
    try:
        asking = _when_it_listens(port, process)
        yield asking
        asking.close()
    finally:
        process.terminate()
        process.wait()


def _when_it_listens(port: int, process: "subprocess.Popen[bytes]") -> Asking:
    while True:
        try:
            return Asking(port, process.pid)
        except OSError:
            if process.poll() is not None:
                raise HubError("the sink has ended") from None


def _report(measured: dict[str, list[dict[str, float]]]) -> list[str]:
    """Print tables; returns the ratios that are not what they have to be."""
    print(f"{'':14}{'mails/s':>10}{'min':>10}{'max':>10}{'µs CPU':>10}{'database':>10}{'sink':>8}{'bytes':>8}")
    for name, runs in measured.items():
        rates = [run["rate"] for run in runs]
        cpu, database, sink, size = (statistics.median(run.get(part, 0) for run in runs) for part in ("cpu", "database", "sink", "bytes"))
        print(
            f"{name:14}{statistics.median(rates):>10,.0f}{min(rates):>10,.0f}{max(rates):>10,.0f}"
            f"{cpu:>10,.0f}{database:>10,.0f}{sink:>8,.0f}{size:>8,.0f}"
        )
    print(f"\n{'ratio, per round':30}{'median':>8}{'min':>8}{'max':>8}{'least':>8}")
    missed = []
    for what, part, over, under, least in RATIOS:
        ratios = [one[part] / other[part] for one, other in zip(measured.get(over, []), measured.get(under, []), strict=False)]
        if ratios:
            median = statistics.median(ratios)
            print(f"{what:30}{median:>8.2f}{min(ratios):>8.2f}{max(ratios):>8.2f}{least or '':>8}")
            missed += [what] if median < least else []
    return missed


if __name__ == "__main__":
    main()
