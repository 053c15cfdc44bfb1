"""One name serves everywhere: module, variable, Kafka group, command line, Deployment, compose service, metric label."""

import importlib
import pkgutil
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hub.consumers
from contracts import topics
from hub.consumers import CONSUMERS
from hub.settings import Settings
from hub.stream.consumer import Consumer
from hub.telemetry import Metrics
from hub.wiring import PROCESSES, make_group, make_shell
from tests.support import deployments, kustomize, tree


def of_modules(found: dict[str, dict[str, Consumer]]) -> list[str]:
    """What disagrees between modules of consumers, the variables in them, and the consumers' names."""
    faults = []
    for module, consumers in found.items():
        name = module.replace("_", "-")
        if list(consumers) != [module]:
            faults.append(
                f"hub/consumers/{module}.py: declare one consumer, in a variable {module}; found {', '.join(consumers) or 'none'}"
            )
        faults += [f"hub/consumers/{module}.py: name the consumer {name}, not {c.name}" for c in consumers.values() if c.name != name]
    return faults


def of_places(wanted: set[str], places: dict[str, dict[str, str]]) -> list[str]:
    """What disagrees between our processes and each place that runs them, given as name there → process it runs."""
    faults = []
    for place, there in places.items():
        faults += [f"{place}: add {name}" for name in sorted(wanted - there.keys())]
        faults += [f"{place}: {name} is no process of wiring.PROCESSES" for name in sorted(there.keys() - wanted)]
        faults += [
            f"{place}: {name} runs {runs}; let it run what it is called" for name, runs in there.items() if name in wanted and runs != name
        ]
    return faults


def consumers_by_module() -> dict[str, dict[str, Consumer]]:
    """Every module of hub.consumers with the consumers it declares."""
    names = [module.name for module in pkgutil.iter_modules(hub.consumers.__path__)]
    return {
        name: {k: v for k, v in vars(importlib.import_module(f"hub.consumers.{name}")).items() if isinstance(v, Consumer)} for name in names
    }


def test_a_consumer_is_called_as_its_module() -> None:
    found = consumers_by_module()
    assert not (faults := of_modules(found)), "\n".join(faults)
    wired, there = set(CONSUMERS), {name.replace("_", "-") for name in found}
    assert wired == there, f"hub/wiring.py: run {', '.join(sorted(there ^ wired))}, or remove the module"


@pytest.mark.parametrize("name", deployments.KUSTOMIZATIONS)
def test_every_process_is_a_deployment(name: str) -> None:
    there = {
        document["metadata"]["name"]: " ".join(deployments.container_words(document["spec"]["template"]["spec"]["containers"][0])[1:])
        for document in deployments.manifests(name)
        if document["kind"] == "Deployment"
    }
    assert not (faults := of_places(set(PROCESSES), {f"deploy/k8s/{name}": there})), "\n".join(faults)


def other_names(deployment: kustomize.Document) -> set[str]:
    """The names other than its own that a Deployment's labels, selector and container give it."""
    template = deployment["spec"]["template"]
    names = {
        deployment["metadata"]["labels"]["app.kubernetes.io/name"],
        template["metadata"]["labels"]["app.kubernetes.io/name"],
        deployment["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"],
        template["spec"]["containers"][0]["name"],
    }
    return names - {deployment["metadata"]["name"]}


@pytest.mark.parametrize("name", deployments.KUSTOMIZATIONS)
def test_labels_and_containers_are_called_as_their_deployment(name: str) -> None:
    found = [d for d in deployments.manifests(name) if d["kind"] == "Deployment"]
    wrong = [
        f"deploy/k8s/{name}: {d['metadata']['name']}: labels and container say {', '.join(other_names(d))}" for d in found if other_names(d)
    ]
    assert not wrong, "\n".join(wrong)


def test_another_label_is_seen() -> None:
    (found,) = (d for d in deployments.manifests("base") if d["kind"] == "Deployment" and d["metadata"]["name"] == "relay")
    found["spec"]["template"]["spec"]["containers"][0]["name"] = "sender"
    assert other_names(found) == {"sender"}


def test_every_process_is_a_service() -> None:
    words = {name: deployments.service_words(service) for name, service in deployments.services().items()}
    there = {name: " ".join(said[1:]) for name, said in words.items() if said[0] == "run" or name in PROCESSES}
    assert not (faults := of_places(set(PROCESSES), {str(deployments.COMPOSE): there})), "\n".join(faults)


def known_as(consumer: Consumer) -> tuple[str | None, str]:
    """The Kafka group that wiring lets a consumer join, and the label under which it measures it."""
    settings, metrics = Settings(), Metrics()
    group = make_group(settings, consumer, "cluster", metrics, "test")
    shell = make_shell(settings, consumer, group)
    group.halt(("a topic", 0), "brake")
    (label,) = (
        s.labels["consumer"] for metric in metrics.registry.collect() if metric.name == "hub_partitions_halted" for s in metric.samples
    )
    return shell.subscriber.group_id, label


async def test_group_and_label_are_the_consumer_s_name() -> None:
    for name, consumer in CONSUMERS.items():
        assert known_as(consumer) == (name, name), f"hub/wiring.py: call {name} so in Kafka and in its metrics; now {known_as(consumer)}"


async def test_group_and_label_follow_the_consumer() -> None:
    assert known_as(Consumer("crm", topics.OEM_CRM)) == ("crm", "crm")


def undrawn(picture: str, names: Iterable[str]) -> list[str]:
    """The processes that the picture does not show."""
    return [name for name in names if f">{name}<" not in picture]


def test_the_picture_shows_every_process() -> None:
    missing = undrawn((tree.ROOT / "docs/architecture.svg").read_text(), PROCESSES)
    assert not missing, f"docs/architecture.svg: draw {', '.join(missing)}"


def test_a_process_that_is_not_drawn_is_seen() -> None:
    assert undrawn("<svg><text>relay</text></svg>", ["relay", "clock"]) == ["clock"]


def test_a_consumer_called_otherwise_is_seen() -> None:
    other = Consumer("crm")
    assert "name the consumer crm-sync" in of_modules({"crm_sync": {"crm_sync": other}})[0]
    assert "in a variable crm_sync" in of_modules({"crm_sync": {"crm": other}})[0]
    assert "one consumer" in of_modules({"crm_sync": {"crm_sync": other, "second": Consumer("second")}})[0]


@given(
    st.sets(st.sampled_from(["relay", "clock", "crm-sync", "base-data"])),
    st.sets(st.sampled_from(["relay", "clock", "crm-sync", "base-data"])),
)
def test_only_equal_sets_agree(wanted: set[str], there: set[str]) -> None:
    assert (of_places(wanted, {"here": {name: name for name in there}}) == []) == (wanted == there)


def test_a_deployment_that_runs_another_is_seen() -> None:
    assert of_places({"relay"}, {"here": {"relay": "clock"}}) == ["here: relay runs clock; let it run what it is called"]
