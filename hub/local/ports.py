"""Find TCP ports on loopback that stay ours across a restart."""

import random
import socket

# Below the range that systems hand to outgoing connections: no stranger's connection takes the port while a server restarts.
LOWEST, HIGHEST = 20_000, 32_000
_given: set[int] = set()  # a port is asked for some time before its server listens on it


def free_port() -> int:
    """A port that nobody listens on now; whoever uses it must be ready for having lost the race."""
    for _ in range(1_000):
        port = random.randint(LOWEST, HIGHEST)  # no secret: only spreads several stacks on one machine
        if port not in _given and not is_listened_on(port) and _can_bind(port):
            _given.add(port)
            return port
    raise OSError(f"no free port between {LOWEST} and {HIGHEST}")


def is_listened_on(port: int) -> bool:
    """Whether somebody accepts connections on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
