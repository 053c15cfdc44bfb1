"""What a rule wants a person to be told: a notice, from which one delivery is made, however often it is said."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal, NamedTuple

from contracts.values import Channel, PersonKind

OEM = "oem"
"""The grantee where the car maker speaks, instead of one of its dealers."""

Nature = Literal["marketing", "transactional", "recall"]
"""Marketing needs consent, has its hours and counts for the frequency cap; the others pass all that, but no legal block."""


class Priority(IntEnum):
    """Which of what is due goes first; within one, whatever is due for longest."""

    URGENT = 0
    NORMAL = 1
    BULK = 2


class Person(NamedTuple):
    """Somebody as their principal (`dealer:ber-01`, `oem`) knows them: the state of that kind and reference says their address."""

    principal: str
    kind: PersonKind
    ref: str

    def __str__(self) -> str:
        return f"{self.principal}/{self.kind}/{self.ref}"


class Notice(NamedTuple):
    """One message to one person.

    `dedupe_key` is what makes two notices the same one: the second leaves no second delivery. Consent for `purpose` is looked
    for as given to `grantee`, a dealer's id or `oem`. No channel: the first on which the person may and can be reached. `fields`
    are for the template's words, JSON values only. `documents` are sales documents, `id@version`. Past `expires_at` it is not worth saying.
    """

    dedupe_key: str
    person: Person
    purpose: str
    grantee: str
    template: str
    not_before: datetime
    expires_at: datetime
    channel: Channel | None = None
    fields: Mapping[str, Any] = {}
    documents: tuple[str, ...] = ()
    campaign: str | None = None
    priority: Priority = Priority.NORMAL
    nature: Nature = "marketing"
