"""`python -m bench.mail`: the hub's mail channel beside nodemailer's pool and a loop of aiosmtplib, into one sink."""

import argparse
import json
import os
import random
import smtplib
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from bench import nodemailer
from bench.mail_senders import example
from bench.say import say
from bench.usage import cpu_seconds
from hub.errors import HubError
from hub.local.ports import free_port

_SHORT = {"loop": 100, "blast": 5}
"""How many times fewer messages one gets that is slow, or whose messages are made beforehand."""
RATIOS = (
    ("hub / nodemailer", "rate", "hub", "nodemailer"),
    ("hub / loop", "rate", "hub", "loop"),
    ("sink's ceiling / hub", "rate", "blast", "hub"),
    ("nodemailer's CPU / hub's", "cpu", "nodemailer", "hub"),
    ("loop's CPU / hub's", "cpu", "loop", "hub"),
)
"""In words, of what, over what: CPU says more than time where others use the machine as well."""
NAMES = ("hub", "nodemailer", "loop", "blast")


class Taken(NamedTuple):
    """What the sink says that it has."""

    messages: int
    names: int
    bytes: int


class Sink:
    """The sink's process, and how it is asked."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid

    def ask(self) -> Taken:
        """What came since it forgot the last time."""
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="localhost", timeout=60) as line:
            return Taken(*map(int, line.docmd("VRFY", "all")[1].split()))

    def forget(self) -> None:
        """Count anew."""
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="localhost", timeout=60) as line:
            line.docmd("EXPN", "all")


def main() -> None:
    """Every contender once a round, in random order; a time counts only if the sink has each message once."""
    options = argparse.ArgumentParser(prog="python -m bench.mail", description=main.__doc__)
    is_quick = os.environ.get("QUICK", "0") not in {"", "0"}
    options.add_argument("--rounds", type=int, default=3 if is_quick else 5)
    options.add_argument("--messages", type=int, default=10_000 if is_quick else 200_000)
    options.add_argument("--sessions", type=int, default=8)
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    chance, measured = random.Random(chosen.seed), defaultdict[str, list[dict[str, float]]](list)
    names = list(NAMES)
    try:
        nodemailer.command(0, 0, 0)
    except HubError as reason:
        say(f"nodemailer is left out: {reason}")
        names.remove("nodemailer")
    with _sink() as sink:
        for number in range(1, chosen.rounds + 1):
            for name in chance.sample(names, len(names)):
                found = _run(name, sink, max(chosen.messages // _SHORT.get(name, 1), 100), chosen.sessions)
                say(f"round {number}, {name}: {found['rate']:,.0f} mails/s, {found['cpu']:,.0f} µs of CPU each")
                measured[name].append(found)
    _report(measured)


def _run(name: str, sink: Sink, count: int, sessions: int) -> dict[str, float]:
    arguments = [str(sink.port), str(count), str(sessions)]
    command = (
        nodemailer.command(sink.port, count, sessions)
        if name == "nodemailer"
        else [sys.executable, "-m", "bench.mail_senders", name, *arguments]
    )
    sink.forget()
    spent = cpu_seconds(sink.pid)
    words = json.dumps(example()) if name == "nodemailer" else ""
    done = subprocess.run(command, input=words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HubError(f"{name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    taken = sink.ask()
    if (taken.messages, taken.names) != (count, count):
        raise HubError(f"{name}: the sink has {taken.messages} messages, {taken.names} different ones, of {count}")
    found: dict[str, float] = json.loads(done.stdout)
    return found | {"bytes": taken.bytes / count, "sink": (cpu_seconds(sink.pid) - spent) / count * 1e6}


@contextmanager
def _sink() -> Iterator[Sink]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.mail_sink", str(port)])
    try:
        _await(port, process)
        yield Sink(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _await(port: int, process: "subprocess.Popen[bytes]") -> None:
    while True:
        try:
            Sink(port, process.pid).ask()
        except OSError:
            if process.poll() is not None:
                raise HubError("the sink has ended") from None
        else:
            return


def _report(measured: dict[str, list[dict[str, float]]]) -> None:
    print(f"{'':14}{'mails/s':>10}{'min':>10}{'max':>10}{'µs CPU':>10}{'sink':>8}{'bytes':>8}")
    for name, runs in measured.items():
        rates = [run["rate"] for run in runs]
        cpu, sink, size = (statistics.median(run[part] for run in runs) for part in ("cpu", "sink", "bytes"))
        print(f"{name:14}{statistics.median(rates):>10,.0f}{min(rates):>10,.0f}{max(rates):>10,.0f}{cpu:>10,.0f}{sink:>8,.0f}{size:>8,.0f}")
    print(f"\n{'ratio, per round':28}{'median':>8}{'min':>8}{'max':>8}")
    for what, part, over, under in RATIOS:
        ratios = [one[part] / other[part] for one, other in zip(measured.get(over, []), measured.get(under, []), strict=False)]
        if ratios:
            print(f"{what:28}{statistics.median(ratios):>8.2f}{min(ratios):>8.2f}{max(ratios):>8.2f}")


if __name__ == "__main__":
    main()
