"""Tell what `hub up` runs on a data folder, to whoever may read its private file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hub.local.folders import write_private
from hub.local.identity import Identity
from hub.local.outside_ports import Outside


@dataclass(frozen=True)
class ProcessState:
    """One child of the supervisor; `address` is where its probes, or for a server its clients, find it."""

    name: str
    address: str
    log: str
    identity: str = ""
    restarts: int = 0

    @property
    def pid(self) -> int:
        """Its process number; 0 when it does not run now."""
        known = Identity.parse(self.identity)
        return known.pid if known and known.is_running else 0


@dataclass(frozen=True)
class Stack:
    """A supervisor and its children, servers first, as written when one of them last changed."""

    supervisor: str
    kafka_bootstrap: str
    kafka_user: str
    kafka_password: str
    database_url: str
    processes: tuple[ProcessState, ...] = ()
    is_ready: bool = False
    door_port: int = 0
    door_secret: str = ""
    mail_port: int = 0
    outside_port: int = 0
    outside_token: str = ""
    letters: str = ""

    def environment(self) -> dict[str, str]:
        """The settings of a hub process that works on this stack."""
        outside = Outside(self.mail_port, self.outside_port, self.outside_token)
        return {
            **(outside.environment(self.door_port, self.letters) if self.mail_port else {}),
            **(
                {"HUB_DOCUMENTS": str(Path(self.letters).with_name("documents"))} if self.letters else {}
            ),  # where `hub documents add` puts them
            "HUB_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "HUB_KAFKA_SECURITY": "SASL_PLAINTEXT",
            "HUB_KAFKA_USER": self.kafka_user,
            "HUB_KAFKA_PASSWORD": self.kafka_password,
            "HUB_DATABASE_URL": self.database_url,
            "HUB_DOOR_PORT": str(self.door_port),
            "HUB_DOOR_SECRET": self.door_secret,
            "HUB_DOOR_BOUNCE_SECRET": self.door_secret,
        }

    @property
    def identity(self) -> Identity | None:
        """The supervisor's process."""
        return Identity.parse(self.supervisor)

    def write(self, data: Path) -> None:
        """Let others find the stack."""
        write_private(stack_file(data), json.dumps(asdict(self), indent=2))


def stack_file(data: Path) -> Path:
    """Where the stack on this data folder is described while it is up."""
    return data / "stack.json"


def find(data: Path) -> Stack | None:
    """The stack that is up on this data folder; None when there is none, or only what a dead supervisor left behind."""
    try:
        told: dict[str, Any] = json.loads(stack_file(data).read_text())
    except FileNotFoundError:
        return None
    stack = Stack(**told | {"processes": tuple(ProcessState(**process) for process in told["processes"])})
    return stack if stack.identity and stack.identity.is_running else None
