"""A process of the hub imports what it needs and no more: what it never uses would stay in its memory as long as it runs."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache

from tests.support import tree

FORBIDDEN = {
    "sqlalchemy": "state its SQL in a module of hub/state of its own, or import hub.state.schema where a query is put together",
    "alembic": "migrations are the work of `hub migrate`",
    "confluent_kafka": "ask over the connections that aiokafka has, as hub/stream/topic_ids.py does",
    "typer": "a process is begun by hub.cli.processes, which needs no words",
    "rich": "tables and colours are for people; hub/telemetry.py keeps structlog from bringing it",
    "phonenumbers": "numbers are looked at by planner, courier and door",
    "babel": "words are filled in by the courier",
    "typst": "letters are set by the courier",
    "twilio": "SMS are sent by the courier and reported at the door",
    "aiohttp": "only the courier sends by HTTP",
    "holidays": "calendars are laid by `hub base`",
    "greenlet": "it serves SQLAlchemy; hub/telemetry.py keeps structlog from bringing it",
}
FOR_CONSUMERS = {"faststream": "only consumers listen by it: import it where their shell is made"}


@cache
def loaded() -> tuple[frozenset[str], ...]:
    """All that is in memory once a process may begin, once it may be a consumer, and once somebody puts queries together."""
    steps = ("import hub.cli.processes, hub.wiring", "import hub.stream.shell", "import hub.state.schema")
    told = "; ".join(("import sys", *(f"{step}; print(*sys.modules)" for step in steps)))
    done = subprocess.run([sys.executable, "-c", told], cwd=tree.ROOT, capture_output=True, text=True, check=True, timeout=60)
    return tuple(frozenset(line.split()) for line in done.stdout.splitlines())


def too_much(there: Iterable[str], forbidden: Mapping[str, str]) -> list[str]:
    """What has no place there, with what to do about it."""
    return [f"{name}: {advice}" for name, advice in forbidden.items() if name in there]


def test_a_process_imports_nothing_that_it_never_uses() -> None:
    found = too_much(loaded()[0], FORBIDDEN | FOR_CONSUMERS)
    assert not found, "import it where it is used:\n" + "\n".join(found)


def test_a_consumer_imports_nothing_that_it_never_uses() -> None:
    found = too_much(loaded()[1], FORBIDDEN)
    assert not found, "import it where it is used:\n" + "\n".join(found)


def test_what_is_too_much_is_seen() -> None:
    assert [fault.partition(":")[0] for fault in too_much(loaded()[2], FORBIDDEN | FOR_CONSUMERS)] == ["sqlalchemy", "faststream"]
