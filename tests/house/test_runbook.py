"""Every command on docs/operations.md is one that a test executes, or, where it needs a cluster, one that fits the manifests."""

import pytest

from tests.support import runbook, tree
from tests.support.runbook import Command


def page() -> list[Command]:
    return list(runbook.commands(tree.text(runbook.PAGE)))


def test_every_command_of_the_page_is_one_that_can_be_tried() -> None:
    found = [f"{runbook.PAGE}, {one.section}: {one}" for one in page() if runbook.unknown(one)]
    assert not found, "nobody tries these; write what a test can execute:\n" + "\n".join(found)


def test_every_command_for_a_cluster_fits_the_manifests() -> None:
    found = [f"{one}: {fault}" for one in page() if one.tool == "kubectl" for fault in runbook.faults_of_kubectl(one)]
    assert not found, "\n".join(found)


def test_every_placeholder_is_one_that_the_scene_fills() -> None:
    found = [str(one) for one in page() if one.tool == "hub" and (fault := runbook.lacks(one)) and fault]
    assert not found, "give runbook.PLACEHOLDERS a word for it, and the scene of tests/integration/test_runbook.py a fact:\n" + "\n".join(
        found
    )


def test_the_page_has_commands_of_every_kind() -> None:
    assert {one.tool for one in page()} == {"hub", "kubectl", "sql"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# A\n\nType `hub topics plan`, or `hub topics`.\n", ["hub topics plan"]),
        ("## A\n\n- **Look**\n\n  ```sql\n  SELECT 1;\n  ```\n", ["sql SELECT 1"]),
        ("# A\n\n```sh\nhub status   # why\nhelm install hub\n```\n", ["hub status", "helm install hub"]),
        ("# A\n\n`DROP SCHEMA old CASCADE`, `hub_ready`, `kubectl get pods`\n", ["sql DROP SCHEMA old CASCADE", "kubectl get pods"]),
        ("# A\n\n`hub pause`, and `hub waiting show ID`\n", ["hub waiting show ID"]),
    ],
)
def test_commands_are_found_wherever_they_stand(text: str, found: list[str]) -> None:
    assert [str(one) for one in runbook.commands(text)] == found


def test_what_nobody_knows_is_seen() -> None:
    (strange,) = runbook.commands("# A\n\n```sh\nhelm install hub\n```\n")
    assert runbook.unknown(strange)
    (blank,) = runbook.commands("# A\n\n`hub dead-letters show NUMBER`\n")
    assert runbook.lacks(blank) == "NUMBER"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("kubectl --namespace hub logs deployment/crm-sink", "no deployment crm-sink"),
        ("kubectl --namespace hub scale deployment crm-sink --replicas 2", "no deployment crm-sink"),
        ("kubectl --namespace hub delete job prepare", "no job prepare"),
        ("kubectl --namespace hubs get pods", "no namespace hubs"),
        ("kubectl --namespace hub get pods --watc", "no option --watc"),
        ("kubectl apply --kustomize deploy/k8s/overlays/nowhere", "no kustomization"),
        ("kubectl --namespace hub drain", "no verb"),
    ],
)
def test_a_command_for_a_cluster_that_does_not_fit_is_seen(words: str, told: str) -> None:
    (command,) = runbook.commands(f"# A\n\n`{words}`\n")
    assert any(told in fault for fault in runbook.faults_of_kubectl(command))
