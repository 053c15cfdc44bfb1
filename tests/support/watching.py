"""Watch a hub at work, and judge what was seen: memory (I9), health (I10), and what its processes told of people (I7)."""

import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import linear_regression, mean
from threading import Event, Thread
from typing import Any, NamedTuple, Self

from hub.rules.masking import PERSONAL
from hub.stream.slips import Stored
from tests.support.checker import Violation
from tests.support.processes import HubProcess

INTERVAL = 0.5
GRACE_SECONDS = 10.0
MOST_MB_PER_MINUTE = 2.0
MOST_GROWTH_MB = 48.0
MOST_LOG_BYTES_PER_MINUTE = 200_000
WARM_SECONDS = 30.0
"""A process that loads its code, and a crowded machine lets it wait for that, has not grown: what it takes until then does not count."""
_LEAST_SECRET = 8


class Sample(NamedTuple):
    """One look: how many records there are and how many of them are folded (None: the database did not answer),
    who of the consumer's processes says it is ready, and the memory of each process that runs, in MB."""

    at: float
    due: int
    folded: int | None
    ready: Mapping[str, bool]
    rss: Mapping[str, float]


class Watch:
    """Looks every half second, in a thread of its own, until the block ends."""

    def __init__(self, crew: Sequence[HubProcess], consumer: str, due: Callable[[], int], folded: Callable[[], int | None]) -> None:
        self.samples: list[Sample] = []
        self._crew, self._consumer, self._due, self._folded = crew, consumer, due, folded
        self._done = Event()
        self._thread = Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(30)

    def _look_on(self) -> None:
        while not self._done.wait(INTERVAL):
            crew = list(self._crew)
            due = self._due()  # before what is folded: what is said meanwhile is no arrears
            ready = {one.label: one.probe("/health/ready", INTERVAL)[0] == 200 for one in crew if one.name == self._consumer}
            rss = {one.label: megabytes for one in crew if (megabytes := resident(one.pid))}
            self.samples.append(Sample(time.monotonic(), due, self._folded(), ready, rss))


def resident(pid: int) -> float:
    """The memory that a process holds, in MB; 0 where there is none."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def health(samples: Sequence[Sample], grace: float = GRACE_SECONDS) -> Iterator[Violation]:
    """I10: whoever is stuck says so within `grace` seconds, and whoever gets on is green again as soon."""
    moved_at = green_at = samples[0].at if samples else 0.0
    for before, now in pairwise(samples):
        if now.folded is not None and (now.folded >= now.due or now.folded != before.folded):
            moved_at = now.at
        if any(now.ready.values()):
            green_at = now.at
        if now.at - moved_at > grace and now.ready and all(now.ready.values()):
            yield Violation("I10", f"green, though nothing got on for {now.at - moved_at:.0f} s: {now.folded} of {now.due}")
            moved_at = now.at
        if now.at - green_at > grace > now.at - moved_at and _keeps_on(samples, now.at, grace):
            yield Violation("I10", f"red for {now.at - green_at:.0f} s, though records were folded all the while")
            green_at = now.at


def _keeps_on(samples: Sequence[Sample], now: float, seconds: float) -> bool:
    """Whether something was folded between any two looks of the last seconds."""
    span = [sample for sample in samples if now - seconds <= sample.at <= now]
    return all(a.folded is not None and b.folded is not None and b.folded > a.folded for a, b in pairwise(span))


class Memory(NamedTuple):
    """What a process held on average early and late, and by how much it grew a minute, all in MB."""

    early: float
    late: float
    slope: float
    seconds: float


def memories(samples: Sequence[Sample]) -> dict[str, Memory]:
    """Each process's memory once it is warm: the first quarter of its time does not count, nor what it takes to begin."""
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for sample in samples:
        for name, megabytes in sample.rss.items():
            seen[name].append((sample.at, megabytes))
    found = {}
    for name, points in seen.items():
        warm = [(at, held) for at, held in points[len(points) // 4 :] if at - points[0][0] >= WARM_SECONDS]
        third = len(warm) // 3
        if third:
            slope = linear_regression(*zip(*warm, strict=True)).slope * 60
            early, late = mean(held for _, held in warm[:third]), mean(held for _, held in warm[-third:])
            found[name] = Memory(early, late, slope, warm[-1][0] - warm[0][0])
    return found


def memory(samples: Sequence[Sample], most_mb: float = MOST_GROWTH_MB, most_slope: float = MOST_MB_PER_MINUTE) -> Iterator[Violation]:
    """I9: no process grows without bound; what it takes while it warms up within minutes is no growth yet."""
    for name, (early, late, slope, seconds) in memories(samples).items():
        if late - early > most_mb or (seconds > 300 and slope > most_slope):
            yield Violation("I9", f"{name} grew from {early:.0f} to {late:.0f} MB, {slope:.1f} MB a minute")


def logs(told: Mapping[str, int], seconds: float, most_a_minute: float = MOST_LOG_BYTES_PER_MINUTE) -> Iterator[Violation]:
    """I9 as well: what processes write does not grow with what goes wrong; `told` are the bytes of each."""
    for name, size in told.items():
        if size > most_a_minute * max(seconds / 60, 1):
            yield Violation("I9", f"{name} wrote {size} bytes within {seconds:.0f} s")


def privacy(told: Mapping[str, str], secrets: Iterable[str]) -> Iterator[Violation]:
    """I7: of nobody's values there is a trace in what processes told; a secret itself is not repeated here."""
    known = {form for secret in secrets for form in (secret, json.dumps(secret)[1:-1])}
    for name, text in told.items():
        begun = {text[at : at + _LEAST_SECRET] for at in range(len(text))}  # most secrets begin nowhere: only the others are looked for
        suspects = [secret for secret in known if secret[:_LEAST_SECRET] in begun]
        for number, line in enumerate(text.splitlines() if suspects else (), 1):
            if any(secret in line for secret in suspects):
                yield Violation("I7", f"{name} tells of a person in line {number}")


def secrets(log: Mapping[str, Sequence[Stored]]) -> set[str]:
    """What partners said of people, as far as it can be told from everyday words."""
    return {value for topic, records in log.items() if topic != "oem.base" for record in records for value in _personal(_parsed(record))}


def _personal(said: Any) -> Iterator[str]:
    match said:
        case dict():
            for field, value in said.items():
                if field in PERSONAL:
                    yield from _texts(value)
                else:
                    yield from _personal(value)
        case list():
            for one in said:
                yield from _personal(one)
        case _:
            return


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str() if len(value) >= _LEAST_SECRET:
            yield value
        case dict():
            for one in value.values():
                yield from _texts(one)
        case _:
            return


def _parsed(record: Stored) -> Any:
    try:
        return json.loads(record.value or b"null")
    except (ValueError, RecursionError):
        return None
