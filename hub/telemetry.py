"""What a process tells of itself: structured logs without personal data, and Prometheus metrics."""

import json
import logging
import sys
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any, TextIO

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_UNUSED = {
    "rich",
    "greenlet",
}  # structlog would bring them, to draw errors, whose words are never told here, and for threads of another kind
_there = {name: module for name in _UNUSED if (module := sys.modules.get(name))}
sys.modules |= dict.fromkeys(_UNUSED)  # type: ignore[arg-type] # None: as if they were not installed
import structlog  # noqa: E402 - see above

for _name in _UNUSED:
    del sys.modules[_name]
sys.modules |= _there

log = structlog.get_logger()


def configure_logs(level: str) -> None:
    """One JSON object a line on standard error; on a terminal, lines for people."""
    renderer: Any = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(sort_keys=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_words,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is then: a command line under test has one of its own
        cache_logger_on_first_use=False,
    )
    handler = _ToStandardError()
    handler.setFormatter(_WithoutWords("%(message)s"))
    handler.addFilter(_Sparingly())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # its warnings about a lost broker come by the hundred


def origin(error: BaseException | None) -> str:
    """Where an error came from, cause by cause: lines of code and types, never its words, which may quote a person's data."""
    told: list[str] = []
    while error is not None:
        told.append("".join(traceback.format_list(traceback.extract_tb(error.__traceback__))) + type(error).__qualname__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nwhile handling or because of\n".join(told)


def _without_words(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    found = event.pop("exc_info", None)
    if found:
        event["exception"] = origin(found if isinstance(found, BaseException) else sys.exc_info()[1])
    return event


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Writes to standard error as it is when something is said."""

    @property
    def stream(self) -> TextIO:
        """Standard error."""
        return sys.stderr

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        """Nothing else."""


class _WithoutWords(logging.Formatter):
    """For what libraries log: JSON like our own lines, words for people on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        if sys.stderr.isatty():
            return f"{record.levelname} {record.name} {line}"
        told = {"event": "library.logged", "level": record.levelname.lower(), "logger": record.name, "line": line}
        return json.dumps({**told, "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat()}, sort_keys=True)

    def formatException(self, ei: Any) -> str:  # noqa: N802, ANN401 - the base class's name
        return origin(ei[1])


class _Sparingly(logging.Filter):
    """Lets a library say the same thing once in a while: a lost broker is otherwise told of by the hundred."""

    def __init__(self, seconds: float = 30) -> None:
        super().__init__()
        self._seconds, self._said = seconds, dict[tuple[str, int], float]()

    def filter(self, record: logging.LogRecord) -> bool:
        place, now = (record.pathname, record.lineno), monotonic()
        if now - self._said.get(place, -self._seconds) < self._seconds:
            return False
        self._said[place] = now
        return True


class Metrics:
    """Every metric of a process; the label `consumer` is the process's name."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.ready = Gauge("hub_ready", "1 while nothing that the process needs is missing, otherwise 0.", ["consumer"], registry=registry)
        self.stalled = Gauge(
            "hub_stalled_seconds", "Seconds since the process last got on, while there is something to do.", ["consumer"], registry=registry
        )
        self.records = Counter("hub_records_total", "Records by what became of them.", ["consumer", "outcome"], registry=registry)
        self.dead = Counter("hub_dead_letters_total", "Dead letters by reason.", ["consumer", "reason"], registry=registry)
        self.holes = Counter(
            "hub_holes_total", "Offsets that hold no record: compacted, or transaction markers.", ["consumer"], registry=registry
        )
        self.retries = Counter("hub_batch_retries_total", "Batches tried again, by reason.", ["consumer", "reason"], registry=registry)
        self.seconds = Histogram(
            "hub_batch_seconds",
            "Seconds of a batch by step.",
            ["consumer", "step"],
            registry=registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )
        self.lag = Gauge(
            "hub_lag_records", "Records that the broker has and the store has not.", ["consumer", "topic", "partition"], registry=registry
        )
        self.age = Gauge(
            "hub_lag_seconds", "Age of the oldest record not yet folded.", ["consumer", "topic", "partition"], registry=registry
        )
        self.halted = Gauge(
            "hub_partitions_halted", "Partitions stopped for an operator, by reason.", ["consumer", "reason"], registry=registry
        )
        self.paused = Gauge("hub_partitions_paused", "Partitions that an operator has paused.", ["consumer"], registry=registry)
        self.paused_age = Gauge("hub_paused_age_seconds", "Age of the oldest pause.", ["consumer"], registry=registry)
        self.sent = Counter("hub_outbox_sent_total", "Events sent by the relay.", registry=registry)
        self.outbox = Gauge("hub_outbox_rows", "Events that wait to be sent.", registry=registry)
        self.outbox_age = Gauge("hub_outbox_age_seconds", "Age of the oldest event that waits to be sent.", registry=registry)
        self.aside = Gauge("hub_outbox_set_aside", "Events that can never be sent as they are.", registry=registry)
        self.waiting = Gauge("hub_waiting_records", "Records that wait, by what for.", ["consumer", "hold"], registry=registry)
        self.waiting_age = Gauge(
            "hub_waiting_age_seconds", "Age of the longest wait, by what for.", ["consumer", "hold"], registry=registry
        )
        self.open_dead = Gauge("hub_dead_letters_open", "Dead letters that nobody has dealt with.", ["consumer"], registry=registry)
        self.dead_age = Gauge(
            "hub_dead_letters_age_seconds", "Age of the oldest dead letter that nobody has dealt with.", ["consumer"], registry=registry
        )
        self.overdue = Gauge("hub_timers_overdue", "Timers that are due, and that the clock has not published.", registry=registry)
        self.overdue_age = Gauge("hub_timers_overdue_seconds", "How long the longest of them has been due.", registry=registry)
        self.door_requests = Counter(
            "hub_door_requests_total", "Requests to the door, by what came of them.", ["entrance", "outcome"], registry=registry
        )
        self.door_seconds = Histogram(
            "hub_door_seconds",
            "Seconds that the door took to answer.",
            ["entrance"],
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.door_events = Counter("hub_door_events_total", "Dealers' events over HTTP, by verdict.", ["verdict"], registry=registry)
        self.door_unknown = Counter("hub_door_unknown_total", "Reports on deliveries that the hub does not know.", registry=registry)
        self.timers = Counter("hub_timers_fired_total", "Timers published by the clock.", ["type"], registry=registry)
        self.deliveries = Counter(
            "hub_deliveries_total", "What couriers sent, by what came of it.", ["channel", "provider", "state"], registry=registry
        )
        self.backlog = Gauge("hub_deliveries_backlog", "Deliveries that are due, by channel.", ["channel"], registry=registry)
        self.backlog_age = Gauge(
            "hub_deliveries_backlog_age_seconds", "For how long the oldest of them is due.", ["channel"], registry=registry
        )
        self.unknown = Gauge("hub_deliveries_unknown", "Deliveries of which nobody knows whether they arrived.", registry=registry)
        self.unknown_age = Gauge("hub_deliveries_unknown_age_seconds", "Age of the oldest of them.", registry=registry)
        self.braked = Gauge(
            "hub_send_brakes_pulled", "Providers and campaigns to which nothing goes: too much came back.", registry=registry
        )
