"""A process of the hub imports what it needs and no more: what it never uses would stay in its memory as long as it runs."""

import subprocess
import sys
from collections.abc import Iterable

from tests.support import tree

FORBIDDEN = {
    "sqlalchemy": "state its SQL in a module of hub/state of its own, or import hub.state.schema where a query is put together",
    "alembic": "migrations are the work of `hub migrate`",
    "typer": "a process is begun by hub.cli.processes, which needs no words",
    "phonenumbers": "numbers are looked at by planner, courier and door",
    "babel": "words are filled in by the courier",
    "typst": "letters are set by the courier",
    "twilio": "SMS are sent by the courier and reported at the door",
    "aiohttp": "only the courier sends by HTTP",
    "holidays": "calendars are laid by `hub base`",
}


def loaded(*modules: str) -> set[str]:
    """Everything that is in memory once these are imported, in a process of its own."""
    told = "; ".join((*(f"import {module}" for module in modules), "import sys", "print(*sys.modules)"))
    done = subprocess.run([sys.executable, "-c", told], cwd=tree.ROOT, capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def too_much(there: Iterable[str]) -> list[str]:
    """What has no place in a consumer, the relay or the clock, with what to do about it."""
    return [f"{name}: {advice}" for name, advice in FORBIDDEN.items() if name in there]


def test_a_process_imports_nothing_that_it_never_uses() -> None:
    found = too_much(loaded("hub.cli.processes", "hub.wiring"))
    assert not found, "import it where it is used:\n" + "\n".join(found)


def test_what_is_too_much_is_seen() -> None:
    assert [fault.partition(":")[0] for fault in too_much(loaded("hub.state.schema"))] == ["sqlalchemy"]
