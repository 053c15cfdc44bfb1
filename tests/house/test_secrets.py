"""A process is given the secrets that its code reads, and no others."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hub.settings import Settings
from hub.wiring import PROCESSES
from tests.support import deployments, kustomize, tree

SECRETS = {name: f"HUB_{name.upper()}" for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
ROOMS = {"hub/channels": "courier", "hub/door": "door"}
"""Whose code stands in a room of its own; what any other room reads all processes need."""
ELSEWHERE = ("hub/settings.py", "hub/local", "hub/cli")
"""Where no process of a server reads its secrets."""
_WITHOUT_PASSWORD = re.compile(r"postgresql://\w+@[^@]+")
_ROW = re.compile(r"^\| `(hub-[a-z]+)` \|[^|]+\|([^|]+)\|$", re.MULTILINE)


def readings(name: str) -> set[str]:
    """How code may read a secret: by its setting, or by a property that is made of it."""
    made = {
        word
        for word, found in vars(Settings).items()
        if isinstance(found, property) and found.fget and f"self.{name}." in inspect.getsource(found.fget)
    }
    return {name} | made


def needed(sources: Mapping[Path, str]) -> dict[str, set[str]]:
    """Process → the variables of the secrets that its code reads."""
    found = {process: set[str]() for process in PROCESSES}
    for name, variable in SECRETS.items():
        reads = re.compile(rf"\.(?:{'|'.join(readings(name))})\b")
        for path, text in sources.items():
            if reads.search(text) and not str(path).startswith(ELSEWHERE):
                for process in [ROOMS[room]] if (room := str(path.parent)) in ROOMS else PROCESSES:
                    found[process].add(variable)
    return found


def _needed() -> dict[str, set[str]]:
    return needed({path: tree.text(path) for path in tree.files("hub", ends=(".py",))})


def faults(process: str, given: set[str], needs: set[str]) -> list[str]:
    """What a process lacks, and what it is given without need."""
    return [f"{process}: give it {name}" for name in sorted(needs - given)] + [
        f"{process}: keep {name} from it" for name in sorted(given - needs)
    ]


def in_compose(service: Mapping[str, Any]) -> set[str]:
    """The secrets that a service of the compose file is given: all that .env may hold, but for what is emptied or has no password."""
    environment = service["environment"]
    told = {name: environment.get(name, "as in .env" if service.get("env_file") else "") for name in SECRETS.values()}
    return {name for name, value in told.items() if value and not _WITHOUT_PASSWORD.fullmatch(value)}


def in_kubernetes(container: dict[str, Any], page: str) -> set[str]:
    """The secrets that a container is given, by what the page says of each Secret."""
    keys = {name: set(re.findall(r"`(HUB_[A-Z_]+)`", told)) for name, told in _ROW.findall(page)}
    return {key for name in deployments.secrets(container) for key in keys[name]} & set(SECRETS.values())


def test_a_service_of_the_compose_file_has_the_secrets_that_it_needs_and_no_others() -> None:
    needs = _needed() | {"migrate": {"HUB_DATABASE_URL"}, "topics": {"HUB_KAFKA_PASSWORD"}}
    found = [fault for name, service in deployments.services().items() for fault in faults(name, in_compose(service), needs[name])]
    assert not found, f"{deployments.COMPOSE}: " + "\n".join(found)


@pytest.mark.parametrize("name", deployments.KUSTOMIZATIONS)
def test_a_pod_has_the_secrets_that_it_needs_and_no_others(name: str) -> None:
    needs, page = _needed(), tree.text(Path("docs/operations.md"))
    found = [
        fault
        for document in deployments.manifests(name)
        for container in kustomize.containers(document)
        if (process := container["name"]) in needs
        for fault in faults(process, in_kubernetes(container, page), needs[process])
    ]
    assert not found, f"deploy/k8s/{name}: " + "\n".join(found)


def test_a_secret_astray_is_seen() -> None:
    needs = needed(
        {Path("hub/channels/x.py"): "settings.link_secrets", Path("hub/wiring.py"): "settings.kafka_password.get_secret_value()"}
    )
    assert needs["courier"] == {"HUB_DOOR_SECRET", "HUB_KAFKA_PASSWORD"}
    assert needs["relay"] == {"HUB_KAFKA_PASSWORD"}
    given = in_compose({"environment": {"HUB_DOOR_SECRET": "x", "HUB_SMS_TOKEN": ""}})
    assert faults("relay", given, needs["relay"]) == ["relay: give it HUB_KAFKA_PASSWORD", "relay: keep HUB_DOOR_SECRET from it"]
    assert in_compose({"environment": {}, "env_file": [".env"]}) == set(SECRETS.values())
    for url, is_secret in (("postgresql://hub@postgres/hub", False), ("postgresql://hub:${PASSWORD:?it}@postgres/hub", True)):
        assert in_compose({"environment": {"HUB_DATABASE_URL": url}}) == ({"HUB_DATABASE_URL"} if is_secret else set())
