"""Decide what a partner needs on the cluster, and what of it is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from contracts.topics import CATALOGUE, OEM_BASE, Topic
from hub.errors import InputError

Kind = Literal["dealer", "carrier", "erp"]
Resource = Literal["topic", "group"]
Operation = Literal["read", "write", "describe"]
State = Literal["absent", "active", "suspended", "incomplete"]

KINDS: tuple[Kind, ...] = get_args(Kind)
_OEM = "oem"

DEFAULT_QUOTA: Mapping[str, float] = {
    "producer_byte_rate": 2 * 1024**2,
    "consumer_byte_rate": 4 * 1024**2,
    "request_percentage": 25.0,
}
"""Bytes a second, and percent of one request thread's time: one partner's storm must not starve the others."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the broker lets a partner do."""

    resource: Resource
    name: str
    operation: Operation
    is_prefix: bool = False

    def __str__(self) -> str:
        return f"{self.operation} {self.resource} {self.name}{'*' if self.is_prefix else ''}"


@dataclass(frozen=True, slots=True)
class Partner:
    """A dealer, a carrier, or the one ERP, whose id is empty."""

    kind: Kind
    id: str = ""

    @classmethod
    def named(cls, kind: str, partner: str = "") -> "Partner":
        """Check a kind and an id that a person typed; raises InputError."""
        if kind not in KINDS:
            raise InputError("kind", " or ".join(KINDS), kind)
        if kind == "erp":
            if partner:
                raise InputError("id", "none: there is one ERP, its topics carry no id", partner)
            return cls(kind)
        try:
            OEM_BASE.of(partner)
        except ValueError:
            raise InputError("id", "1 to 40 of a-z, 0-9 and -", partner) from None
        if (kind, partner) == ("dealer", _OEM):
            raise InputError("id", "a dealer's own: `oem` stands for the OEM wherever a dealer may be named", partner)
        return cls(kind, partner)

    @classmethod
    def of_user(cls, user: str) -> "Partner | None":
        """The partner whose user this is; None for users of the house."""
        kind, _, partner = user.partition(".")
        try:
            return cls.named(kind, partner)
        except InputError:
            return None

    @property
    def user(self) -> str:
        """The broker's name for it: `dealer.ber-01`, `erp`."""
        return f"{self.kind}.{self.id}" if self.id else self.kind

    @property
    def words(self) -> str:
        """Its kind and id as the command line takes them."""
        return f"{self.kind} {self.id}".strip()

    @property
    def group_prefix(self) -> str:
        """What the names of its consumer groups begin with; the dot keeps `ber-1` apart from `ber-10`."""
        return f"{self.user}."

    @property
    def topics(self) -> dict[str, Topic]:
        """The topics it writes or reads, by full name."""
        return {self._name(topic): topic for topic in CATALOGUE if self.kind in {topic.owner, topic.reader}}

    @property
    def writing(self) -> frozenset[Rule]:
        """What a suspension takes away. An idempotent producer needs no more than this (KIP-679)."""
        return frozenset(Rule("topic", name, "write") for name, topic in self.topics.items() if topic.owner == self.kind)

    @property
    def rules(self) -> frozenset[Rule]:
        """Everything it may do: least privilege, literal names."""
        reading = {Rule("topic", name, "read") for name, topic in self.topics.items() if topic.reader == self.kind}
        describing = {Rule("topic", name, "describe") for name in self.topics}
        return self.writing | reading | describing | {Rule("group", self.group_prefix, "read", is_prefix=True)}

    def _name(self, topic: Topic) -> str:
        return topic.of(self.id) if topic.is_per_partner else topic.name


@dataclass(frozen=True, slots=True)
class Found:
    """What the cluster holds of a partner; `others` tells of access that no rule of ours gives."""

    topics: frozenset[str] = frozenset()
    rules: frozenset[Rule] = frozenset()
    quota: Mapping[str, float] = field(default_factory=dict)
    has_user: bool = False
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """What separates a partner from being complete."""

    topics: tuple[str, ...]
    rules: tuple[Rule, ...]
    quota: Mapping[str, float]
    user: bool

    @property
    def words(self) -> tuple[str, ...]:
        """Each missing thing, in the order in which it is made."""
        return (
            *(f"topic {name}" for name in self.topics),
            *(f"right to {rule}" for rule in self.rules),
            *(f"quota {key} {value:.12g}" for key, value in self.quota.items()),
            *(["user with a password"] if self.user else []),
        )


def missing(partner: Partner, found: Found, quota: Mapping[str, float] | None = None) -> Missing:
    """What `add` has to make. A suspended partner's rights to write are not missing: they were taken."""
    rules = partner.rules - (partner.writing if state(partner, found) == "suspended" else frozenset())
    asked = quota or {}
    return Missing(
        topics=tuple(sorted(partner.topics.keys() - found.topics)),
        rules=tuple(sorted(rules - found.rules, key=str)),
        quota={
            key: asked.get(key, default)
            for key, default in DEFAULT_QUOTA.items()
            if key not in found.quota or (key in asked and asked[key] != found.quota[key])
        },
        user=not found.has_user,
    )


def state(partner: Partner, found: Found) -> State:
    """How a partner stands.

    The user is made last and rights are taken all at once, so a user without any right to write was suspended.
    """
    if not found.has_user:
        return "incomplete" if found.rules or (partner.id and found.topics) else "absent"
    if not partner.writing & found.rules:
        return "suspended"
    is_whole = partner.rules <= found.rules and partner.topics.keys() <= found.topics and DEFAULT_QUOTA.keys() <= found.quota.keys()
    return "active" if is_whole else "incomplete"


def beyond(partner: Partner, found: Found) -> tuple[str, ...]:
    """What somebody allowed or denied the partner beside what `add` gives: shown, left as it is."""
    return (*found.others, *sorted(f"allow {rule}" for rule in found.rules - partner.rules))
