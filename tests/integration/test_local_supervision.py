"""A hub brought up on one machine stays up by itself, and leaves nothing running when it goes down."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import pytest

from hub.errors import HubError
from hub.local.folders import scratch
from hub.local.identity import Identity
from hub.local.stack import ProcessState, Stack, find, stack_file
from hub.local.supervision import down, up_detached
from tests.support import little_hub
from tests.support.eventually import eventually


@pytest.fixture
def data() -> Iterator[Path]:
    with scratch() as folder:
        yield folder / "data"
        down(folder / "data")


def supervisor_of(data: Path, *processes: str) -> list[str]:
    return [sys.executable, little_hub.__file__, str(data), *processes]


def bring_up(data: Path, *processes: str) -> subprocess.Popen[str]:
    supervisor = subprocess.Popen(supervisor_of(data, *processes), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    eventually(lambda: (stack := find(data)) and stack.is_ready, seconds=60)
    return supervisor


def running(data: Path) -> Stack:
    stack = find(data)
    assert stack is not None
    return stack


def child(data: Path, name: str) -> ProcessState:
    [state] = [process for process in running(data).processes if process.name == name]
    return state


def identities(stack: Stack) -> list[Identity]:
    return [identity for process in stack.processes if (identity := Identity.parse(process.identity))]


def test_going_down_leaves_no_process_and_the_next_start_finds_its_data(data: Path) -> None:
    supervisor = bring_up(data, "relay", "clock")
    stack = running(data)
    assert [process.name for process in stack.processes] == ["kafka", "postgres", "relay", "clock"]
    assert all(process.pid for process in stack.processes)
    assert stack_file(data).stat().st_mode & 0o777 == 0o600
    assert "working for hub" in Path(child(data, "relay").log).read_text()
    assert down(data)
    said, _ = supervisor.communicate(timeout=10)
    assert supervisor.returncode == 0, said
    assert not any(identity.is_running for identity in identities(stack))
    assert find(data) is None
    assert not down(data)
    again = bring_up(data)
    assert running(data).kafka_password == stack.kafka_password
    down(data)
    again.communicate(timeout=10)


@pytest.mark.thorough
def test_what_is_killed_is_started_again(data: Path) -> None:
    supervisor = bring_up(data, "relay")
    before = {name: child(data, name) for name in ("relay", "postgres", "kafka")}
    for state in before.values():
        os.kill(state.pid, SIGKILL)
    for name, state in before.items():
        after = eventually(lambda name=name: (now := child(data, name)) and now.restarts == 1 and now.pid and now, seconds=60)
        assert after.pid != state.pid
        assert after.address == state.address
    down(data)
    supervisor.communicate(timeout=10)


@pytest.mark.thorough
def test_a_second_supervisor_on_the_same_data_says_so(data: Path) -> None:
    first = bring_up(data)
    second = subprocess.run(supervisor_of(data), capture_output=True, text=True, check=False, timeout=30)
    assert second.returncode != 0
    assert f"already up on {data} as process {first.pid}" in second.stderr
    assert find(data) is not None
    down(data)
    first.communicate(timeout=10)


@pytest.mark.thorough
def test_a_dead_supervisor_leaves_nothing_in_the_way(data: Path) -> None:
    supervisor = bring_up(data, "relay")
    left = running(data)
    supervisor.kill()
    supervisor.communicate(timeout=10)
    assert stack_file(data).exists()
    assert find(data) is None
    down(data)
    assert not stack_file(data).exists()
    assert not any(identity.is_running for identity in identities(left))


@pytest.mark.thorough
def test_a_process_that_does_not_become_ready_brings_the_rest_down(data: Path) -> None:
    done = subprocess.run(
        supervisor_of(data, "relay", "broken"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "HubError: broken ended 3 times before it was ready" in done.stderr
    assert "a wrong setting" in done.stderr
    assert not any((data / "run").glob("*.pid"))
    assert find(data) is None


def test_a_detached_supervisor_outlives_the_command_that_started_it(data: Path) -> None:
    program = f"""
from pathlib import Path
from hub.local.supervision import up_detached
up_detached(Path({str(data)!r}), {supervisor_of(data, "relay")!r}, print)
"""
    command = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert "ready: 3 children" in command.stdout, command.stderr
    assert child(data, "relay").pid
    assert down(data)


def test_a_detached_supervisor_that_fails_says_why(data: Path) -> None:
    heard: list[str] = []
    with pytest.raises(HubError, match="no such hub"):
        up_detached(data, [sys.executable, "-c", "raise SystemExit('no such hub')"], heard.append)
    assert heard == ["no such hub"]
