"""What is told to Kubernetes is valid to the letter, and every process is probed, bounded, unprivileged and given time to end."""

import shutil
import subprocess
from copy import deepcopy
from typing import Any

import kubernetes_validate
import pytest
import yaml

from hub.settings import Settings
from tests.support import deployments, kustomize, tree

KUBERNETES = "1.33"
PROBES = {"startupProbe": "/health/live", "livenessProbe": "/health/live", "readinessProbe": "/health/ready"}


def invalid(document: kustomize.Document) -> list[str]:
    """What Kubernetes would not accept, unknown fields included."""
    name = f"{document['kind']} {document['metadata']['name']}"
    try:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{name}: {'.'.join(map(str, error.path))}: {error.message}"]
    return []


def lacking(document: kustomize.Document, settings: dict[str, str]) -> list[str]:
    """What one of our pods must have and has not."""
    spec = kustomize.pod(document)
    if spec is None:
        return []
    found = []
    context = spec.get("securityContext", {})
    if not context.get("runAsNonRoot") or not context.get("runAsUser"):
        found.append("run it as an ordinary user: runAsNonRoot, runAsUser")
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        found.append("give it seccompProfile RuntimeDefault")
    if spec.get("automountServiceAccountToken") is not False:
        found.append("give it no service account token")
    for container in kustomize.containers(document):
        found += [f"{container['name']}: {what}" for what in _unbounded(container)]
    if document["kind"] == "Deployment":
        for container in spec["containers"]:
            found += [f"{container['name']}: {what}" for what in _unprobed(container, settings)]
        longest = int(settings.get("HUB_REBALANCE_TIMEOUT_MS", Settings.model_fields["rebalance_timeout_ms"].default)) / 1000
        if spec.get("terminationGracePeriodSeconds", 30) <= longest:
            found.append(f"let it end: terminationGracePeriodSeconds above the {longest:g} s that a rebalance may wait")
    return [f"{document['kind']} {document['metadata']['name']}: {what}" for what in found]


def _unbounded(container: dict[str, Any]) -> list[str]:
    found, context, resources = [], container.get("securityContext", {}), container.get("resources", {})
    if context.get("allowPrivilegeEscalation") is not False or not context.get("readOnlyRootFilesystem"):
        found.append("forbid privilege escalation and writing to its root")
    if context.get("capabilities", {}).get("drop") != ["ALL"]:
        found.append("drop ALL capabilities")
    if not {"cpu", "memory"} <= resources.get("requests", {}).keys() or "memory" not in resources.get("limits", {}):
        found.append("say what it requests (cpu, memory) and its limit of memory")
    if not container.get("command"):
        found.append("name its command")
    return found


def _unprobed(container: dict[str, Any], settings: dict[str, str]) -> list[str]:
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", ())}
    found = []
    for probe, path in PROBES.items():
        asked = container.get(probe, {}).get("httpGet", {})
        if asked.get("path") != path or str(ports.get(asked.get("port"), asked.get("port"))) != settings.get("HUB_PROBE_PORT"):
            found.append(f"ask {path} on HUB_PROBE_PORT as its {probe}")
    if settings.get("HUB_PROBE_HOST") != "0.0.0.0":  # noqa: S104 - the kubelet asks from outside of the pod
        found.append("let its probes be reached: HUB_PROBE_HOST 0.0.0.0")
    return found


@pytest.mark.parametrize("name", deployments.KUSTOMIZATIONS)
def test_every_document_is_valid(name: str) -> None:
    found = [fault for document in deployments.manifests(name) for fault in invalid(document)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", deployments.KUSTOMIZATIONS)
def test_every_pod_is_probed_bounded_and_unprivileged(name: str) -> None:
    documents = deployments.manifests(name)
    found = [fault for document in documents for fault in lacking(document, deployments.settings(document, documents))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", deployments.KUSTOMIZATIONS)
def test_one_image_for_all_and_no_secret_within(name: str) -> None:
    assert not (found := impure(deployments.manifests(name))), f"deploy/k8s/{name}: " + "\n".join(found)


def impure(documents: list[kustomize.Document]) -> list[str]:
    """What a set of manifests must not hold: a second image, or a Secret."""
    images = {container["image"] for document in documents for container in kustomize.containers(document)}
    found = [] if len(images) == 1 else [f"let every container run the hub's one image; now {', '.join(sorted(images))}"]
    return found + [f"refer to the Secret {d['metadata']['name']}, do not include it" for d in documents if d["kind"] == "Secret"]


def test_a_second_image_and_a_secret_are_seen() -> None:
    documents = deployments.manifests("base")
    next(found for document in documents if (found := kustomize.containers(document)))[0]["image"] = "other"
    documents.append({"kind": "Secret", "metadata": {"name": "hub-owner"}})
    assert [fault.split(" ")[0] for fault in impure(documents)] == ["let", "refer"]


def test_the_image_is_called_alike_everywhere() -> None:
    (image,) = {container["image"] for document in deployments.manifests("base") for container in kustomize.containers(document)}
    for name, service in deployments.services().items():
        told = str(service.get("image", "")).partition(":")[0]
        assert told == image, f"{deployments.COMPOSE}: call the image of {name} {image}, as deploy/k8s does; found {told or 'none'}"


def is_hasty(service: dict[str, Any]) -> bool:
    """Whether a service of the compose file is killed before a rebalance may have ended."""
    longest = Settings.model_fields["rebalance_timeout_ms"].default / 1000
    given = str(service.get("stop_grace_period", "10s"))
    return deployments.service_words(service)[:1] == ["run"] and float(given.removesuffix("s")) <= longest


def test_a_service_is_given_time_to_end() -> None:
    hasty = [name for name, service in deployments.services().items() if is_hasty(service)]
    assert not hasty, f"{deployments.COMPOSE}: {', '.join(hasty)}: stop_grace_period above HUB_REBALANCE_TIMEOUT_MS, as deploy/k8s has it"


def test_a_hasty_service_is_seen() -> None:
    assert is_hasty({"command": ["run", "relay"], "stop_grace_period": "60s"})
    assert is_hasty({"command": ["run", "relay"]})
    assert not is_hasty({"command": ["run", "relay"], "stop_grace_period": "90s"})


def astray(documents: list[kustomize.Document]) -> list[str]:
    """What is wrong with the volumes: a claim that nobody makes or mounts, or a folder that not all who need it have."""
    claims = {document["metadata"]["name"] for document in documents if document["kind"] == "PersistentVolumeClaim"}
    found, mounted = list[str](), set[str]()
    for document in documents:
        named = {
            volume["name"]: volume["persistentVolumeClaim"]["claimName"]
            for volume in (kustomize.pod(document) or {}).get("volumes", ())
            if "persistentVolumeClaim" in volume
        }
        mounted |= set(named.values())
        found += [f"{document['metadata']['name']}: make the claim {claim}" for claim in named.values() if claim not in claims]
        may_write = FOLDERS.get(document["metadata"]["name"])
        if document["kind"] == "Deployment" and may_write is not None:
            (container,) = document["spec"]["template"]["spec"]["containers"]
            kept = deployments.settings(document, documents).get("HUB_DOCUMENTS")
            there = {
                mount["mountPath"]: (named.get(mount["name"]), not mount.get("readOnly", False)) for mount in container["volumeMounts"]
            }
            if there.get(str(kept)) != ("documents", may_write):
                found.append(f"{container['name']}: mount the claim documents {'' if may_write else 'read-only '}at HUB_DOCUMENTS")
    return found + [f"mount the claim {claim}, or remove it" for claim in sorted(claims - mounted)]


FOLDERS = {"courier": True, "door": False}
"""Who needs the files of sales documents, and whether it may write there."""


@pytest.mark.parametrize("name", deployments.KUSTOMIZATIONS)
def test_the_door_gives_what_couriers_send_and_cannot_change_it(name: str) -> None:
    assert not (found := astray(deployments.manifests(name))), f"deploy/k8s/{name}: " + "\n".join(found)


def test_a_volume_astray_is_seen() -> None:
    documents = [d for d in deployments.manifests("base") if d["metadata"]["name"] != "letters"]
    (door,) = (d for d in documents if d["kind"] == "Deployment" and d["metadata"]["name"] == "door")
    door["spec"]["template"]["spec"]["containers"][0]["volumeMounts"][-1]["readOnly"] = False
    documents.append({"kind": "PersistentVolumeClaim", "metadata": {"name": "prints"}})
    assert [fault.split(": ")[0] for fault in astray(documents)] == ["courier", "door", "mount the claim prints, or remove it"]


def test_a_laptop_runs_one_of_each() -> None:
    pods = {d["metadata"]["name"]: d["spec"]["replicas"] for d in deployments.manifests("overlays/laptop") if d["kind"] == "Deployment"}
    assert {name for name, replicas in pods.items() if replicas != 1} == set()


def unnamed(kustomization: dict[str, Any], there: set[str]) -> set[str]:
    """The files beside a kustomization that it does not name."""
    return there - {*kustomization["resources"], *(patch["path"] for patch in kustomization.get("patches", ())), "kustomization.yaml"}


def test_every_manifest_belongs_to_a_kustomization() -> None:
    for path in tree.files("deploy/k8s", ends=("kustomization.yaml",)):
        lost = unnamed(yaml.safe_load(tree.text(path)), {other.name for other in tree.files(str(path.parent))})
        assert not lost, f"{path}: name {', '.join(sorted(lost))}, or remove it"


def test_a_manifest_that_nothing_names_is_seen() -> None:
    assert unnamed({"resources": ["relay.yaml"]}, {"kustomization.yaml", "relay.yaml", "courier.yaml"}) == {"courier.yaml"}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here: its own build cannot be compared")
@pytest.mark.parametrize("name", deployments.KUSTOMIZATIONS)
def test_kubectl_builds_the_same(name: str) -> None:
    built = subprocess.run(["kubectl", "kustomize", str(tree.ROOT / "deploy/k8s" / name)], capture_output=True, check=True, timeout=60)

    def by_name(documents: list[kustomize.Document]) -> dict[tuple[str, str], kustomize.Document]:
        return {(document["kind"], document["metadata"]["name"]): document for document in documents}

    assert by_name(list(yaml.safe_load_all(built.stdout))) == by_name(deployments.manifests(name))


def _crm_sync() -> tuple[kustomize.Document, dict[str, str]]:
    documents = deployments.manifests("base")
    (found,) = (d for d in documents if d["kind"] == "Deployment" and d["metadata"]["name"] == "crm-sync")
    return deepcopy(found), deployments.settings(found, documents)


def test_an_invented_field_is_seen() -> None:
    document, _ = _crm_sync()
    document["spec"]["template"]["spec"]["containers"][0]["livelinessProbe"] = {}
    assert "livelinessProbe" in invalid(document)[0]


@pytest.mark.parametrize(
    ("where", "what", "told"),
    [
        ("pod", {"terminationGracePeriodSeconds": 60}, "let it end"),
        ("pod", {"securityContext": {}}, "ordinary user"),
        ("pod", {"automountServiceAccountToken": True}, "no service account token"),
        ("container", {"livenessProbe": {"httpGet": {"path": "/", "port": "probes"}}}, "livenessProbe"),
        ("container", {"readinessProbe": {"httpGet": {"path": "/health/ready", "port": 8081}}}, "readinessProbe"),
        ("container", {"resources": {"requests": {"cpu": "1"}}}, "limit of memory"),
        ("container", {"securityContext": {"readOnlyRootFilesystem": True}}, "drop ALL"),
        ("container", {"command": []}, "name its command"),
        ("settings", {"HUB_PROBE_HOST": "127.0.0.1"}, "HUB_PROBE_HOST"),
        ("settings", {"HUB_REBALANCE_TIMEOUT_MS": "90000"}, "let it end"),
    ],
)
def test_what_a_pod_lacks_is_seen(where: str, what: dict[str, Any], told: str) -> None:
    document, settings = _crm_sync()
    pod = document["spec"]["template"]["spec"]
    {"pod": pod, "container": pod["containers"][0], "settings": settings}[where].update(what)
    assert any(told in fault for fault in lacking(document, settings))
