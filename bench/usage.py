"""What processes cost, read from /proc: CPU seconds and peak memory of a process and all that it has started."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process, its ended children and its living ones."""
    children: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            spent[int(entry.name)] = sum(int(f) for f in fields[11:15]) / _TICKS
    return sum(spent.get(one, 0.0) for one in _with_descendants(pid, children))


def peak_megabytes(pid: int) -> float:
    """The most memory that the process itself ever held."""
    return _status(pid, "VmHWM")


def held_megabytes(pid: int) -> float:
    """The memory that the process itself holds now."""
    return _status(pid, "VmRSS")


def _status(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) / 1024
    raise ProcessLookupError(f"process {pid} has ended")


def _with_descendants(pid: int, children: dict[int, list[int]]) -> Iterator[int]:
    todo = [pid]
    while todo:
        one = todo.pop()
        yield one
        todo += children.get(one, [])
