"""Build a kustomization as far as the hub's own use it: resources, namespace, images, patches of both kinds."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

_KNOWN = {"apiVersion", "kind", "namespace", "resources", "images", "patches"}
_MERGED_BY_NAME = {"containers", "initContainers", "env", "volumes", "ports"}
_NOT_NAMESPACED = {"Namespace"}


def build(folder: Path) -> list[Document]:
    """Every document of a kustomization, patched."""
    wanted = yaml.safe_load((folder / "kustomization.yaml").read_text())
    strange = wanted.keys() - _KNOWN
    if strange:
        raise ValueError(f"{folder}: teach tests/support/kustomize.py the word {', '.join(sorted(strange))}")
    documents: list[Document] = []
    for name in wanted["resources"]:
        path = folder / name
        documents += build(path) if path.is_dir() else [d for d in yaml.safe_load_all(path.read_text()) if d]
    documents = deepcopy(documents)  # YAML's aliases are shared objects
    for document in documents:
        if "namespace" in wanted and document["kind"] not in _NOT_NAMESPACED:
            document["metadata"]["namespace"] = wanted["namespace"]
    for patch in wanted.get("patches", ()):
        _patch(documents, yaml.safe_load((folder / patch["path"]).read_text()), patch.get("target"))
    for image in wanted.get("images", ()):
        for container in (c for document in documents for c in containers(document)):
            if container["image"].partition(":")[0] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"
    return documents


def pod(document: Document) -> Document | None:
    """The specification of the pods that a document makes, if it makes any."""
    return document["spec"]["template"]["spec"] if document["kind"] in {"Deployment", "Job"} else None


def containers(document: Document) -> list[Document]:
    """Every container of a document's pods, those that only prepare first."""
    spec = pod(document) or {}
    return [*spec.get("initContainers", ()), *spec.get("containers", ())]


def _patch(documents: list[Document], patch: Any, target: Document | None) -> None:
    chosen = [
        document
        for document in documents
        if (
            _is_target(document, target)
            if target
            else document["kind"] == patch["kind"] and document["metadata"]["name"] == patch["metadata"]["name"]
        )
    ]
    if not chosen:
        raise ValueError(f"a patch finds nothing to change: {target or patch}")
    for document in chosen:
        if isinstance(patch, list):
            for step in patch:
                _replace(document, step)
        else:
            _merge(document, patch)


def _is_target(document: Document, target: Document) -> bool:
    name = target.get("name", ".*")
    return document["kind"] == target["kind"] and re.fullmatch(name, document["metadata"]["name"]) is not None


def _replace(document: Document, step: Document) -> None:
    *path, last = step["path"].strip("/").split("/")
    place: Any = document
    for word in path:
        place = place[word]
    if step["op"] not in {"add", "replace"} or (step["op"] == "replace" and last not in place):
        raise ValueError(f"cannot {step['op']} {step['path']}")
    place[last] = deepcopy(step["value"])


def _merge(old: Document, patch: Document) -> None:
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            _merge(old[key], value)
        elif key in _MERGED_BY_NAME and key in old:
            by_name = {item["name"]: item for item in old[key]}
            for item in value:
                if item["name"] in by_name:
                    _merge(by_name[item["name"]], item)
                else:
                    old[key].append(deepcopy(item))
        else:
            old[key] = deepcopy(value)
