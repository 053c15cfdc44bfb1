"""When a process counts as alive and as ready: alive by progress, ready by what it needs."""

from time import monotonic
from typing import TYPE_CHECKING, Protocol

from hub.probes import Health
from hub.stream.group import Group

if TYPE_CHECKING:
    from hub.stream.shell import Shell


def group_health(group: Group, shell: "Shell", stalled_seconds: float) -> Health:
    """A consumer: it lives while its loop lives and its lanes try; waiting for the database is no death, but not ready."""
    now, dead, missing = monotonic(), [], []
    if not shell.is_consuming:
        dead.append("the consume loop has ended")
    if group.failure is not None:
        dead.append(f"{type(group.failure).__name__} ended a part of it")
    idle = {lane.name: int(now - lane.progressed_at) for lane in group.lanes if lane.backlog}
    dead += [f"lane {name} made no progress for {seconds} s" for name, seconds in idle.items() if seconds >= stalled_seconds]
    if group.steering.failing_since is not None or any(lane.failing_since is not None for lane in group.lanes):
        missing.append("database")
    if group.claim_failing_since is not None:
        missing.append("claim")
    if not group.is_connected:
        missing.append("broker")
    missing += sorted({halt.reason for halt in group.still.halted.values()})
    return Health(not dead, not dead and not missing, tuple(dead) + tuple(dict.fromkeys(missing)), _stalled(group, now))


def _stalled(group: Group, now: float) -> float:
    """How long the longest batch or claim under way has taken: one that is tried again and again has not got on."""
    begun = [lane.busy_since for lane in group.lanes]
    begun += [lane.progressed_at for lane in group.lanes if lane.backlog and lane.busy_since is None]
    return max((now - since for since in (*begun, group.claim_failing_since) if since is not None), default=0.0)


class Tries(Protocol):
    """A process that works off what there is, and knows when it last got on and since when it fails."""

    progressed_at: float
    failing_since: float | None


def task_health(sender: Tries, stalled_seconds: float) -> Health:
    """A relay, a clock or a courier: alive while it tries, ready while it succeeds."""
    idle = monotonic() - sender.progressed_at
    if sender.failing_since is not None:
        return Health(is_alive=True, is_ready=False, why=("broker or database",), stalled_seconds=idle)
    if idle > stalled_seconds:
        return Health(is_alive=False, is_ready=False, why=(f"no progress for {int(idle)} s",), stalled_seconds=idle)
    return Health(is_alive=True, is_ready=True, stalled_seconds=idle)
