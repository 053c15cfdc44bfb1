"""Bring a whole hub up on one machine, and down again, so that nothing is left running either way."""

import fcntl
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM, signal

from hub.errors import HubError
from hub.local.child import end_orphan
from hub.local.folders import make_enterable
from hub.local.stack import Stack, find, stack_file
from hub.local.supervisor import Supervisor, hub_command

CHECK_SECONDS = 0.2
UP_SECONDS = 600.0  # a first start fetches the broker over a slow line
DOWN_SECONDS = 120.0
ERROR = "hub: "
"""How the command's own error begins."""


class _AskedToEnd(BaseException):
    """A signal, made into something that unwinds."""


def up(
    data: Path,
    processes: Sequence[str],
    *,
    prepare: Callable[[Mapping[str, str]], None],
    ready: Callable[[Stack], None],
    on_progress: Callable[[str], None],
    command: Callable[[str], Sequence[str]] = hub_command,
) -> None:
    """Run a hub on a data folder until SIGTERM, SIGINT or SIGHUP; a second signal kills instead of stopping.

    `prepare` is called with the HUB_ settings once the servers answer and before any process starts (migrations, topics);
    `ready` when every process says it is ready, and only then is the stack announced as ready to others. Must run in the main
    thread. Raises HubError when the folder is in use.
    """
    data = data.absolute()
    with owned(data):
        if ended := end_leftovers(data):
            on_progress(f"ended {ended} processes that an earlier supervisor left behind")
        supervisor = Supervisor(data, on_progress, command)
        with _unwinding(supervisor):
            supervisor.start_servers()
            prepare(supervisor.stack.environment())
            supervisor.start_processes(processes)
            ready(supervisor.stack)
            supervisor.announce()
            while True:
                time.sleep(CHECK_SECONDS)
                supervisor.check()


def up_detached(data: Path, command: Sequence[str], on_progress: Callable[[str], None]) -> Stack:
    """Run a command that calls `up` in the background; return when its stack is ready, passing on what it says meanwhile.

    Raises HubError, with what the command said, when it ends instead.
    """
    data = data.absolute()
    with owned(data):  # refuses early what the command would refuse only in its log
        logs = data / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        log = logs / "supervisor.log"
    log.write_bytes(b"")
    with log.open("ab") as written, log.open() as said:
        process = subprocess.Popen(  # noqa: S603  # the command is the caller's own
            command, stdin=subprocess.DEVNULL, stdout=written, stderr=written, cwd="/", start_new_session=True
        )
        try:
            return _wait_until_ready(data, process, said, on_progress)
        except BaseException:
            process.terminate()  # nobody waits for it any more
            raise


def down(data: Path) -> bool:
    """Ask the supervisor of a data folder to end and wait until it has; whether anything had to be ended.

    What a dead supervisor left behind is ended too. Raises HubError when the supervisor does not end in time.
    """
    data = data.absolute()
    if not data.exists():
        return False
    stack = find(data)
    if stack and stack.identity:
        stack.identity.signal(SIGTERM)
        deadline = time.monotonic() + DOWN_SECONDS
        while stack.identity.is_running:
            if time.monotonic() > deadline:
                raise HubError(f"the supervisor, process {stack.identity.pid}, has not ended after {DOWN_SECONDS:.0f} s")
            time.sleep(0.05)
    with owned(data):
        return bool(end_leftovers(data)) or stack is not None


@contextmanager
def owned(data: Path) -> Iterator[None]:
    """Be the only one to run or clean up a data folder; raises HubError when somebody else is. Ends with the process."""
    make_enterable(data)
    with (data / "supervisor.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stack = find(data)
            who = f" as process {stack.identity.pid}" if stack and stack.identity else ""
            raise HubError(f"the hub is already up on {data}{who}; `hub down` ends it") from None
        yield


def end_leftovers(data: Path) -> int:
    """End the children of a supervisor that is dead, each only if its pid file proves it ours; how many there were."""
    hub = [end_orphan(pid_file) for pid_file in sorted((data / "run").glob("*.pid"))]
    servers = [end_orphan(data / "kafka" / "kafka.pid"), end_orphan(data / "postgres" / "postgres.pid", SIGINT)]
    stack_file(data).unlink(missing_ok=True)
    return sum(map(bool, hub + servers))


def _wait_until_ready(data: Path, process: subprocess.Popen[bytes], said: Iterable[str], on_progress: Callable[[str], None]) -> Stack:
    deadline = time.monotonic() + UP_SECONDS
    heard, is_why = "it said nothing", False
    while True:
        has_ended = process.poll() is not None  # asked first: what it said last is read below
        for line in said:
            on_progress(line.rstrip())
            if line.startswith(ERROR) or not is_why:  # what follows its error is the end of some log
                heard, is_why = line.removeprefix(ERROR).strip() or heard, line.startswith(ERROR)
        if (stack := find(data)) and stack.is_ready:
            return stack
        if has_ended:
            raise HubError(f"the hub did not come up: {heard} ({data / 'logs' / 'supervisor.log'})")
        if time.monotonic() > deadline:
            raise HubError(f"the hub was not up after {UP_SECONDS:.0f} s ({data / 'logs' / 'supervisor.log'})")
        time.sleep(0.05)


@contextmanager
def _unwinding(supervisor: Supervisor) -> Iterator[None]:
    """Turn the first signal into the end of the block, and stop everything however it ends."""
    is_ending = False

    def hear(*_: object) -> None:
        nonlocal is_ending
        if is_ending:
            supervisor.kill()
            return
        is_ending = True
        raise _AskedToEnd

    before = {each: signal(each, hear) for each in (SIGTERM, SIGINT, SIGHUP)}
    try:
        yield
    except _AskedToEnd:
        pass
    finally:
        is_ending = True
        supervisor.stop()
        for each, handler in before.items():
            signal(each, handler)
