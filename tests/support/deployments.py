"""What the project deploys: the manifests of every kustomization, and the services of the compose file."""

from pathlib import Path
from typing import Any

import yaml

from tests.support import kustomize, tree

KUSTOMIZATIONS = ("base", "overlays/laptop", "overlays/production")
COMPOSE = Path("docker-compose.yml")


def manifests(name: str) -> list[kustomize.Document]:
    """Every document of one kustomization."""
    return kustomize.build(tree.ROOT / "deploy/k8s" / name)


def services() -> dict[str, Any]:
    """The services of the compose file that run the hub's own image, by name."""
    told: dict[str, Any] = yaml.safe_load(tree.text(COMPOSE))["services"]
    return {name: service for name, service in told.items() if "build" in service}


def service_words(service: dict[str, Any]) -> list[str]:
    """The words after `hub` that a service runs; the image's entry point is the hub."""
    command = service.get("command") or []
    return command.split() if isinstance(command, str) else list(command)


def container_words(container: dict[str, Any]) -> list[str]:
    """The words after `hub` that a container runs; all of them where it runs something else."""
    command = [*container.get("command", ()), *container.get("args", ())]
    return command[3:] if command[:3] == ["python", "-m", "hub"] else command


def secrets(container: dict[str, Any]) -> list[str]:
    """The Secrets that a container's environment is made of."""
    return [source["secretRef"]["name"] for source in container.get("envFrom", ()) if "secretRef" in source]


def settings(document: kustomize.Document, documents: list[kustomize.Document]) -> dict[str, str]:
    """The settings that a document's containers get from config maps and by name; those of Secrets have no value."""
    maps = {d["metadata"]["name"]: d["data"] for d in documents if d["kind"] == "ConfigMap"}
    found: dict[str, str] = {}
    for container in kustomize.containers(document):
        for source in container.get("envFrom", ()):
            if "configMapRef" in source:
                found |= maps[source["configMapRef"]["name"]]
        found |= {variable["name"]: variable.get("value", "") for variable in container.get("env", ())}
    return found
