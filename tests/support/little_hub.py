"""Run a supervisor on processes that do nothing but say they are ready: `little_hub DATA NAME…`."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from hub.local.supervision import up

PROCESS = """
import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("working for", os.environ["HUB_KAFKA_USER"], flush=True)
HTTPServer(("127.0.0.1", int(os.environ["HUB_PROBE_PORT"])), Ready).serve_forever()
"""


def command(name: str) -> Sequence[str]:
    """A process called `broken` ends at once, as a wrong setting would end it."""
    return [sys.executable, "-c", "raise SystemExit('a wrong setting')" if name == "broken" else PROCESS]


def main(data: str, *processes: str) -> None:
    """Bring it up in the foreground."""
    say = partial(print, flush=True)

    def prepare(settings: Mapping[str, str]) -> None:
        say(f"preparing {settings['HUB_KAFKA_BOOTSTRAP']}")

    up(
        Path(data),
        processes,
        prepare=prepare,
        ready=lambda stack: say(f"ready: {len(stack.processes)} children"),
        on_progress=say,
        command=command,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
