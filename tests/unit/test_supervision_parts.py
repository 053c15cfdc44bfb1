"""What a supervisor is made of: who a process is, when it is started again, how long its log may grow."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM

import pytest

from hub.errors import HubError
from hub.local.child import Child, end_orphan
from hub.local.folders import scratch
from hub.local.identity import Identity
from hub.local.kept import FIRST_DELAY, LONGEST_DELAY, STEADY_SECONDS, Kept
from hub.local.logs import rotate
from hub.local.supervision import up_detached
from tests.support.eventually import eventually

SLEEPER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)",
]


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    child = Child("sleeper", pid_file=tmp_path / "sleeper.pid", log=tmp_path / "sleeper.log")
    yield child
    child.stop()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEPER, stdout=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def test_a_pid_file_of_another_run_proves_nothing(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    pid_file = tmp_path / "some.pid"
    pid_file.write_text(f"{stranger.pid} 1970-01-01")
    assert end_orphan(pid_file) == 0
    assert stranger.poll() is None
    assert not pid_file.exists()


@pytest.mark.parametrize("text", ["", "12", "x y", "-1 now"])
def test_a_damaged_pid_file_names_nobody(tmp_path: Path, text: str) -> None:
    pid_file = tmp_path / "some.pid"
    pid_file.write_text(text)
    assert end_orphan(pid_file) == 0


def test_an_orphan_that_the_pid_file_proves_ours_is_ended(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    pid_file = tmp_path / "some.pid"
    pid_file.write_text(str(Identity.of(stranger.pid)))
    assert end_orphan(pid_file) == stranger.pid
    assert stranger.wait(10) == -SIGTERM


def test_a_child_that_ignores_being_asked_is_killed(child: Child) -> None:
    child.start(STUBBORN, env={})
    eventually(lambda: "here" in child.last_words())
    assert not child.stop(patience=0.2)
    assert not child.is_running


def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux ends the children of the dead")
    program = f"""
import time
from pathlib import Path
from threading import Thread
from hub.local.child import Child
folder = Path({str(tmp_path)!r})
child = Child("sleeper", pid_file=folder / "sleeper.pid", log=folder / "sleeper.log")
def start():
    child.start({SLEEPER!r}, env={{}})
    while "here" not in child.last_words():
        time.sleep(0.01)
thread = Thread(target=start)
thread.start()
thread.join()
deadline = time.monotonic() + 0.5
while child.is_running and time.monotonic() < deadline:
    time.sleep(0.01)
print("lives on after its thread" if child.is_running else "ended", flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout is not None
            assert parent.stdout.readline() == "lives on after its thread\n"
            orphan = Identity.read(tmp_path / "sleeper.pid")
            assert orphan is not None
            assert orphan.is_running
        finally:
            parent.kill()
    eventually(lambda: not orphan.is_running)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Failing:
    """Something that ends whenever it is started, until it is mended."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.is_mended = False
        self.clock = Clock()
        self.kept = Kept("failing", self._start, lambda: self.is_mended, lambda _: None, self.clock)

    def _start(self) -> None:
        self.starts.append(self.clock.now)
        raise HubError("not yet")

    def watch(self, seconds: float) -> None:
        until = self.clock.now + seconds
        while self.clock.now < until:
            self.kept.check()
            self.clock.now += FIRST_DELAY / 2


def test_what_keeps_failing_is_started_ever_more_rarely_but_never_given_up() -> None:
    failing = Failing()
    failing.watch(300)
    waits = [later - earlier for earlier, later in zip(failing.starts, failing.starts[1:], strict=False)]
    assert waits[:4] == pytest.approx([1, 2, 4, 8], abs=FIRST_DELAY)
    assert max(waits) == pytest.approx(LONGEST_DELAY, abs=FIRST_DELAY)
    assert failing.kept.restarts == len(failing.starts)


def test_what_has_run_steadily_is_started_again_soon() -> None:
    failing = Failing()
    failing.watch(100)
    failing.is_mended = True
    failing.watch(STEADY_SECONDS + LONGEST_DELAY)
    failing.is_mended = False
    begin, starts = failing.clock.now, len(failing.starts)
    failing.watch(2 * FIRST_DELAY)
    assert failing.starts[starts] - begin == pytest.approx(FIRST_DELAY, abs=FIRST_DELAY / 2)


def test_a_log_that_grew_too_large_is_moved_aside_under_the_feet_of_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 100)
        rotate([log, tmp_path / "missing.log"], most_bytes=99)
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert (tmp_path / "some.log.1").read_bytes() == b"x" * 100


def test_whoever_waits_hears_why_the_hub_did_not_come_up_and_not_the_end_of_some_log() -> None:
    said = "starting relay", "hub: relay was not ready (relay.log):", '{"event": "process.started"}'
    heard: list[str] = []
    with scratch() as data, pytest.raises(HubError, match=r"did not come up: relay was not ready \(relay.log\)"):
        up_detached(data, [sys.executable, "-c", f"raise SystemExit({chr(10).join(said)!r})"], heard.append)
    assert heard == list(said)
