"""Read, give and take the rights that the broker's authorizer holds for a user."""

from collections import defaultdict
from collections.abc import Iterable
from enum import Enum
from typing import Any

from confluent_kafka.admin import AclBinding, AclBindingFilter, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from hub.operations.cluster import REQUEST_SECONDS, Cluster
from hub.operations.partner_plan import Operation, Resource, Rule

_ANYTHING: Any = None  # in a filter, where the type stub wants a string

_RESOURCES: dict[Any, Resource] = {ResourceType.TOPIC: "topic", ResourceType.GROUP: "group"}
_OPERATIONS: dict[Any, Operation] = {AclOperation.READ: "read", AclOperation.WRITE: "write", AclOperation.DESCRIBE: "describe"}
_WRITES = (AclOperation.WRITE, AclOperation.ALL)

Granted = tuple[frozenset[Rule], tuple[str, ...]]
"""The rights of one user, and in words every entry that is no plain right: a denial, another host, another operation."""


def granted(cluster: Cluster, user: str | None = None) -> dict[str, Granted]:
    """What the authorizer holds, by user, for one user or for all."""
    rules: dict[str, set[Rule]] = defaultdict(set)
    others: dict[str, list[str]] = defaultdict(list)
    for binding in _bindings(cluster, user):
        name = binding.principal.removeprefix("User:")
        rule = _rule(binding)
        if rule:
            rules[name].add(rule)
        else:
            others[name].append(_words(binding))
    return {name: (frozenset(rules[name]), tuple(sorted(others[name]))) for name in rules.keys() | others.keys()}


def give(cluster: Cluster, user: str, rules: Iterable[Rule]) -> None:
    """Let a user do more; what it may do already stays."""
    bindings = [_binding(user, rule) for rule in rules]
    for binding, future in cluster.admin.create_acls(bindings, request_timeout=REQUEST_SECONDS).items():
        cluster.settle(future, f"allowing {_words(binding)}")


def writing(cluster: Cluster, user: str) -> tuple[str, ...]:
    """Every entry that lets a user write to some topic, in words, whoever made it."""
    return tuple(sorted(_words(binding) for binding in _bindings(cluster, user) if _lets_write(binding)))


def take_writing(cluster: Cluster, user: str) -> tuple[str, ...]:
    """Take every such entry; returns them."""
    found = [binding for binding in _bindings(cluster, user) if _lets_write(binding)]
    if found:
        filters = [
            AclBindingFilter(one.restype, one.name, one.resource_pattern_type, one.principal, one.host, one.operation, one.permission_type)
            for one in found
        ]
        for which, future in cluster.admin.delete_acls(filters, request_timeout=REQUEST_SECONDS).items():
            cluster.settle(future, f"taking {_words(which)}")
    return tuple(sorted(_words(binding) for binding in found))


def _bindings(cluster: Cluster, user: str | None) -> list[AclBinding]:
    principal = _ANYTHING if user is None else f"User:{user}"
    asked = AclBindingFilter(
        ResourceType.ANY, _ANYTHING, ResourcePatternType.ANY, principal, _ANYTHING, AclOperation.ANY, AclPermissionType.ANY
    )
    found: list[AclBinding] = cluster.settle(cluster.admin.describe_acls(asked, request_timeout=REQUEST_SECONDS), "reading access rights")
    return found


def _lets_write(binding: AclBinding) -> bool:
    return binding.restype is ResourceType.TOPIC and binding.operation in _WRITES and binding.permission_type is AclPermissionType.ALLOW


def _binding(user: str, rule: Rule) -> AclBinding:
    pattern = ResourcePatternType.PREFIXED if rule.is_prefix else ResourcePatternType.LITERAL
    return AclBinding(rule.resource, rule.name, pattern, f"User:{user}", "*", rule.operation, AclPermissionType.ALLOW)


def _rule(binding: AclBinding) -> Rule | None:
    resource, operation = _RESOURCES.get(binding.restype), _OPERATIONS.get(binding.operation)
    if not resource or not operation or binding.host != "*" or binding.permission_type is not AclPermissionType.ALLOW:
        return None
    return Rule(resource, binding.name, operation, binding.resource_pattern_type is ResourcePatternType.PREFIXED)


def _words(binding: AclBinding) -> str:
    permission, operation = _name(binding.permission_type), _name(binding.operation)
    pattern = "*" if binding.resource_pattern_type is ResourcePatternType.PREFIXED else ""
    host = "" if binding.host == "*" else f" from {binding.host}"
    return f"{permission} {operation} {_name(binding.restype)} {binding.name}{pattern}{host}"


def _name(member: Enum | str | int) -> str:
    return member.name.lower() if isinstance(member, Enum) else str(member)
