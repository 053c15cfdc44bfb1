"""`python -m bench.mail`: the hub's couriers beside nodemailer's pool and a loop of aiosmtplib, into one sink."""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import mail_report, nodemailer
from bench.aside import beside, keep
from bench.mail_asking import Asking
from bench.mail_couriers import Couriers
from bench.mail_senders import example
from bench.pace import Pace
from bench.say import say
from bench.usage import cpu_seconds
from bench.watch import Watch
from hub.errors import HubError, InputError
from hub.local.folders import scratch
from hub.local.ports import free_port

NAMES = ("hub", "channel", "nodemailer", "loop", "blast")
_SHORT = {"loop": 100, "blast": 5}
"""How many times fewer messages one gets that is slow, or whose messages are made beforehand."""
_PLANNED, _RATES = 2_500, {"hub": 1_500, "channel": 3_000, "nodemailer": 1_500, "loop": 150, "blast": 5_000}
"""About how many in a second, to begin with: they serve to say how long it will take."""
_MANY, _LOOK_SECONDS = 200_000, 1.0


def main() -> None:
    """Every contender once a round, in random order; a time counts only if the sink has each message once, and the hub's ledger agrees.

    The results are written after each round. Exit code 1 where a ratio is not what it has to be.
    """
    options = argparse.ArgumentParser(
        prog="python -m bench.mail", description=main.__doc__, epilog="example: python -m bench.mail --rounds 1 --only hub,nodemailer"
    )
    is_quick = os.environ.get("QUICK", "0") not in {"", "0"}
    options.add_argument("--rounds", type=int, default=3 if is_quick else 5)
    options.add_argument("--messages", type=int, default=10_000 if is_quick else _MANY)
    options.add_argument("--sessions", type=int, default=8)
    options.add_argument("--couriers", type=int, default=2, help="processes of the hub, which share the sessions; default 2")
    options.add_argument("--only", default=",".join(NAMES), metavar="NAMES", help=f"of {', '.join(NAMES)}; default all")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--results", type=Path, default=Path("bench/results.json"), help="where the figures go, under `mail`")
    chosen = options.parse_args()
    try:
        beside(chosen.results)
    except InputError as error:
        options.error(str(error))
    names = [name for name in NAMES if name in chosen.only.split(",")]
    if "nodemailer" in names:
        try:
            nodemailer.command(0, 0, 0)
        except HubError as reason:
            say(f"nodemailer is left out: {reason}")
            names.remove("nodemailer")
    found = _measure(chosen, names)
    print(mail_report.table(found))
    print(f"written to {chosen.results}")
    if found["missed"]:
        raise SystemExit(1)


def _measure(chosen: argparse.Namespace, names: list[str]) -> dict[str, object]:
    """All rounds; what they came to stands in the file after each."""
    counts = {name: max(chosen.messages // _SHORT.get(name, 1), 100) for name in names}
    planning = chosen.messages / _PLANNED if "hub" in names else 0.0
    pace = Pace({name: count / _RATES[name] for name, count in counts.items()}, dict.fromkeys(names, chosen.rounds), planning)
    say(f"{', '.join(names)}: about {pace.left} on two cores that are idle otherwise")
    chance, measured, found = random.Random(chosen.seed), defaultdict[str, list[dict[str, float]]](list), dict[str, object]()
    sizes = {"messages": chosen.messages, "sessions": chosen.sessions, "couriers": chosen.couriers, "rounds": chosen.rounds}
    with scratch() as folder, _sink() as sink, Couriers.beside(folder, chosen.couriers, chosen.sessions) as couriers:
        if "hub" in names:
            asyncio.run(couriers.plan(chosen.messages))
        pace.began()
        for number in range(1, chosen.rounds + 1):
            for name in chance.sample(names, len(names)):
                watch = Watch(name, counts[name], pace)
                run = _run(sink, couriers, watch, chosen.sessions)
                measured[name].append(run)
                pace.took(name, watch.seconds)
                told = f"{run['rate']:,.0f} mails/s, {run['cpu']:,.0f} µs of CPU each"
                say(f"round {number}, {name}: {told}; about {pace.left} left")
            found = mail_report.found(measured)
            keep(chosen.results, "mail", {"is_claim": chosen.messages >= _MANY, "sizes": sizes, **found})
    return found


def _run(sink: Asking, couriers: Couriers, watch: Watch, sessions: int) -> dict[str, float]:
    sink.forget()
    name, count, spent = watch.name, watch.count, cpu_seconds(sink.pid)
    run = asyncio.run(couriers.send(sink, watch)) if name == "hub" else _process(sink, watch, sessions)
    taken = sink.ask()
    if (taken.messages, taken.names) != (count, count):
        raise HubError(f"{name}: the sink has {taken.messages} messages, {taken.names} different ones, of {count}")
    return run | {"bytes": taken.bytes / count, "sink": (cpu_seconds(sink.pid) - spent) / count * 1e6}


def _process(sink: Asking, watch: Watch, sessions: int) -> dict[str, float]:
    """A contender that only sends, in a process of its own, which measures itself."""
    name, port, count = watch.name, sink.port, watch.count
    own = [sys.executable, "-m", "bench.mail_senders", name, str(port), str(count), str(sessions)]
    command = nodemailer.command(port, count, sessions) if name == "nodemailer" else own
    words = json.dumps(example()) if name == "nodemailer" else None
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while True:
            try:
                said, complaint = process.communicate(words, timeout=_LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                words = None  # it is on its way
                watch.look(sink.ask().messages)
            except BaseException:
                process.kill()
                raise
    if process.returncode:
        raise HubError(f"{name} ended with {process.returncode}: {complaint.strip()[-500:]}")
    found: dict[str, float] = json.loads(said)
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


if __name__ == "__main__":
    main()
