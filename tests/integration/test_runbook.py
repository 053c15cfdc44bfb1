"""Every command of docs/operations.md is typed on a hub that has what the page speaks of, in the order of the page.

What needs a cluster of Kubernetes is compared with the manifests instead (tests/house/test_runbook.py).
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from contracts.customers import CUSTOMER_RECORDED
from contracts.opportunities import OPPORTUNITY_OPENED
from hub.cli import mount
from hub.consumers import CONSUMERS
from hub.local.folders import scratch
from hub.local.kafka import Kafka
from tests.integration.test_database_roles import statements
from tests.support import command_line, runbook, tree
from tests.support.dealing import Record, said
from tests.support.eventually import eventually
from tests.support.kafka_clients import acts_of, settings_of
from tests.support.replaying import a_stage
from tests.support.runbook import Command
from tests.support.scene import Scene

APP = mount()
DEALER, POISONED = "ber-01", "ber-02"
BRAKE = 20
MAY_FAIL = {
    "hub dead-letters redrive": "dead again",
    "hub deliveries cancel": "stay as they are",
    "hub waiting release": "it goes on waiting",
    "hub replay crm-sync --until": "nothing to compare",
    "hub replay crm-sync": "the replay differs: customers 1",
}
"""What the page says ends with 1, and what is said then."""
ACTS_WHERE_TOLD = {"recover"}
"""Words that ask nobody: without --yes they look, and say what they would do."""

_EDITOR = r"""
import pathlib, re, sys
body = pathlib.Path(sys.argv[-1])
body.write_text(re.sub('("name": *)5', r'\1"Ada"', body.read_text()))
"""


class Hub:
    """One little hub with a dead letter, waits, an event set aside, a halted partition; `facts` stand for the page's placeholders."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene, self.folder, self.settings = scene, folder, settings_of(scene.kafka)
        self.ids = iter(range(1_000_000))
        self.environment = Scene.environment(scene.kafka, scene.database.url) | {
            "HUB_BRAKE_DEAD_IN_A_ROW": str(BRAKE),
            "EDITOR": f"{sys.executable} {self._editor()}",
        }
        self.facts: Mapping[str, Callable[[], str]] = {
            "why": lambda: "the runbook says so",
            "consumer": lambda: "crm-sync",
            "dealer": lambda: DEALER,
            "topic": lambda: f"dealer.{DEALER}.events",
            "type": lambda: "hub.customer.recorded.v1",
            "reason": lambda: "schema",
            "file": self._file,
            "record": lambda: f"dealer.{DEALER}.events@0:0",
            "halted": lambda: f"dealer.{POISONED}.events:0",
            "awaited": lambda: "sales_model/unheard",
            "braked": self._braked,
            "campaign": lambda: "spring",
            "delivery": self._unknown,
            "letter": self._letter,
            "wait": self._wait,
            "aside": lambda: _deafen(self),
            "act": lambda: acts_of(self.settings)[-1].id[:8],
            "act's record": lambda: "hub.acts@0:0",
        }

    def typed(self, *words: str) -> Result:
        """The command line, where nobody can answer."""
        agreed = ["--yes"] if command_line.asks(list(words)) and words[0] not in ACTS_WHERE_TOLD else []
        return CliRunner(env=self.environment).invoke(APP, [*words, *agreed])

    def send(self, *records: Record) -> None:
        self.scene.send(records)

    def unreadable(self, dealer: str, key: str) -> Record:
        """A customer whose name is a number."""
        body = {"customer": key, "kind": "person", "name": 5}
        return said(CUSTOMER_RECORDED, body, id=f"bad-{next(self.ids)}", dealer=dealer)

    def waiting(self) -> Record:
        """An opportunity by a sales model that nobody has laid down."""
        number = next(self.ids)
        body = {"opportunity": f"O-{number}", "sales_model": "unheard", "stage": "prospecting"}
        return said(OPPORTUNITY_OPENED, body, id=f"wait-{number}", dealer=DEALER)

    def folded(self) -> None:
        """Wait until nothing is under way but what is halted."""
        eventually(lambda: self.scene.next_offset(f"dealer.{DEALER}.events") == self.scene.end_offset(f"dealer.{DEALER}.events"), 60)

    def query(self, statement: str) -> list[asyncpg.Record]:
        async def ask() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.scene.database.url)
            try:
                return await connection.fetch(statement)
            finally:
                await connection.close()

        return asyncio.run(ask())

    def _editor(self) -> Path:
        script = self.folder / "editor.py"
        script.write_text(_EDITOR)
        return script

    def _file(self) -> str:
        return str(tree.ROOT / "hub/operations/starter.yaml")

    def _letter(self) -> str:
        """An open dead letter, each time one of its own."""
        key = f"C-{next(self.ids)}"
        self.send(self.unreadable(DEALER, key))
        self.folded()
        return str(self.scene.database.value("SELECT id::text FROM dead_letters WHERE key = $1", key))

    def _braked(self) -> str:
        """A campaign of which too much came back, each time one of its own."""
        scope = f"campaign:spring-{next(self.ids)}"
        self.query(f"INSERT INTO send_brakes VALUES ('{scope}', 60, 30, now(), now())")  # noqa: S608 - a test's own words
        return scope

    def _unknown(self) -> str:
        """A delivery of which nobody knows whether it arrived, each time one of its own."""
        name = uuid4()
        self.query(
            "INSERT INTO deliveries (id, dedupe_key, principal, person_kind, person, purpose, grantee, nature, channel, template, fields,"  # noqa: S608 - a test's own words
            " documents, campaign, priority, due_at, expires_at, consumer, because, state, started_at)"
            f" VALUES ('{name}', '{name}', 'dealer:{DEALER}', 'customer', 'C-1', 'newsletter', '{DEALER}', 'marketing', 'sms', 'spring',"
            f" '{{}}', '[]', 'spring', 1, now(), now() + interval '1 day', 'reminders', '{name}', 'unknown', now() - interval '1 hour')"
        )
        return str(name)

    def _wait(self) -> str:
        self.send(self.waiting())
        self.folded()
        return str(self.scene.database.value("SELECT id::text FROM waiting WHERE hold = 'news' ORDER BY since DESC LIMIT 1"))


@pytest.fixture
def hub(kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Hub]:
    with a_stage(kafka, database, tmp_path) as scene:
        little = Hub(scene, tmp_path)
        _begin(little)
        yield little


def _begin(little: Hub) -> None:
    """What the page has an operator do first, then everything that it speaks of later."""
    for words in (["topics", "apply"], ["migrate"], ["base", "apply", little.facts["file"](), "--why", "first"]):
        _succeed(little, words)
    for dealer in (DEALER, POISONED):
        _succeed(little, ["partners", "add", "dealer", dealer, "--why", "new"])
    for name in (*CONSUMERS, "relay", "clock", "planner", "courier", "door"):
        little.scene.start(name, brake_dead_in_a_row=BRAKE).until_ready()
    little.send(said(CUSTOMER_RECORDED, {"customer": "C-1", "kind": "person", "name": "Ada"}, id="good", dealer=DEALER))
    little.send(little.unreadable(DEALER, "C-2"), little.waiting())
    little.folded()


def _deafen(little: Hub) -> str:
    """A dealer of its own whose feed is gone is told of a dead letter: of the earlier ones the page has made the feeds since."""
    dealer = f"deaf-{next(little.ids)}"
    feed = f"dealer.{dealer}.feed"
    _succeed(little, ["partners", "add", "dealer", dealer, "--why", "new"])
    little.scene.delete_topics(feed)
    little.send(little.unreadable(dealer, "C-3"))
    aside = "SELECT event_id::text FROM outbox_apart WHERE set_aside IS NOT NULL AND topic = $1"
    [found] = eventually(lambda: little.scene.database.rows(aside, feed))
    return str(found["event_id"])


def _succeed(little: Hub, words: list[str]) -> None:
    told = little.typed(*words)
    assert told.exit_code == 0, (words, told.output, told.exception)


def _halt(little: Hub) -> None:
    """Let the brake hold a partition."""
    little.send(*(little.unreadable(POISONED, f"P-{next(little.ids)}") for _ in range(2 * BRAKE)))
    eventually(lambda: "brake" in little.typed("status").output, 60)


def _plant(little: Hub) -> None:
    little.query("UPDATE customers SET note = 'by hand' WHERE ref = 'C-1'")


def _still(little: Hub) -> None:
    """Let a topic stand still, so that its offset may be set."""
    _succeed(little, ["pause", "crm-sync", f"dealer.{DEALER}.events", "--why", "its offset is set"])


def _go_on(little: Hub) -> None:
    _succeed(little, ["resume", "crm-sync", f"dealer.{DEALER}.events", "--why", "its offset is set"])
    little.folded()


def _stop(little: Hub) -> None:
    """Every process is stopped, and has left its group."""
    for process in little.scene.crew.processes:
        assert process.terminate() == 0, process.log_text()


BEFORE: Mapping[str, Callable[[Hub], object]] = {
    "The brake holds a partition": _halt,
    "An error that nobody foresaw": _halt,
    "An event is set aside": _deafen,
    "A halted partition": _halt,
    "From where a consumer goes on": _still,
    "Folding again": _go_on,
    "Putting a replay live": _plant,
    "After a restore": _stop,
}
"""What a section speaks of happens before it is read."""


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_every_command_of_the_page_does_what_it_says(hub: Hub) -> None:
    section, faults, tried = "", [], 0
    for command in runbook.commands(tree.text(runbook.PAGE)):
        if command.section != section:
            section = command.section
            BEFORE.get(section, lambda _: None)(hub)
        if fault := _fault(hub, command):
            faults.append(f"{section}: {command}: {fault}")
        tried += 1
    assert tried > 50, "where are the commands?"
    assert not faults, "\n".join(faults)


def _fault(hub: Hub, command: Command) -> str | None:
    """What goes wrong when this is typed; None where it does what it says."""
    match command.tool, command.words:
        case "kubectl", _:
            return None  # a house test compares it with the manifests
        case "sql", (statement,):
            return _asked(hub, statement)
        case "hub", ("up" | "down", *_):
            return None  # the next test
        case "hub", ("run", name):
            return None if name in {process.name for process in hub.scene.crew.processes} else "no such process was started"
        case "hub", (*words, "--watch"):
            return _watched(hub, words)
        case _:
            return _typed(hub, command)


def _typed(hub: Hub, command: Command) -> str | None:
    told = hub.typed(*runbook.filled(command, hub.facts))
    if told.exit_code == 0:
        return None
    excuse = next((said for words, said in MAY_FAIL.items() if str(command).startswith(words)), None)
    if excuse is not None and isinstance(told.exception, SystemExit) and excuse in told.output:
        return None
    return f"ended with {told.exit_code}: {told.exception!r} {told.output[-1500:]}"


def _asked(hub: Hub, statement: str) -> str | None:
    if statement in statements():
        return None  # tests/integration/test_database_roles.py lives by these
    try:
        rows = hub.query(statement)
    except asyncpg.PostgresError as error:
        return str(error)
    is_empty = statement.startswith("SELECT") and "pg_stat_activity" not in statement and not rows
    return "finds nothing, though the hub has such rows" if is_empty else None


def _watched(hub: Hub, words: list[str]) -> str | None:
    """Type what shows itself anew until it is interrupted, and interrupt it."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(hub.folder), "PYTHONPATH": str(tree.ROOT)} | hub.environment
    typed = [sys.executable, "-m", "hub", *words, "--watch"]
    heeded = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background inherits that it ignores it
    try:
        process = subprocess.Popen(typed, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    finally:
        signal.signal(signal.SIGINT, heeded)
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    return None if first and process.returncode in {0, 130} else f"ended with {process.returncode}: {first}{rest}"


@pytest.mark.thorough
def test_a_hub_on_one_machine_comes_up_and_goes_down() -> None:
    with scratch() as folder:
        _up_and_down(folder)


def _up_and_down(folder: Path) -> None:
    page = [str(command) for command in runbook.commands(tree.text(runbook.PAGE))]
    assert {"hub up", "hub down"} <= set(page)
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTHONPATH": str(tree.ROOT)}
    environment["HUB_DATA"] = str(folder / "hub")

    def typed(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "hub", *words], env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        typed("up", "--detach")
        assert "crm-sync" in typed("status")
    finally:
        assert "The hub is down." in typed("down")
