"""Passes of people in tests: each name has one, and its secret follows from the name."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from contracts.base import STAFF_PASS_RECORDED, StaffPass
from contracts.campaigns import CampaignEvent
from contracts.contract import Lineage
from contracts.topics import OEM_BASE
from hub.rules.passes import pass_id, public_key, signed
from tests.support.engine import Log

ALL = ("prepare", "approve", "release")


def secret(who: str) -> bytes:
    """What this person signs with."""
    return sha256(who.encode()).digest()


def token(who: str) -> str:
    """The same as its holder keeps it."""
    return f"hubpass-{base64.urlsafe_b64encode(secret(who)).decode().rstrip('=')}"


def a_pass(who: str, **other: Any) -> StaffPass:
    """Good for everything and for a long time, unless said otherwise."""
    key = public_key(secret(who))
    said = {"id": pass_id(key), "staff": who, "key": key, "may": ALL, "expires_at": datetime(2199, 1, 1, tzinfo=UTC), **other}
    return StaffPass(occurred_at=datetime(2026, 1, 1, tzinfo=UTC), effective_from=date(2026, 1, 1), **said)


def lay(log: Log, people: Sequence[str], **other: Any) -> None:
    """Say their passes on `oem.base`."""
    for who in people:
        held = a_pass(who, **other)
        body = json.loads(held.model_dump_json(exclude_none=True))
        log.say(STAFF_PASS_RECORDED, body, id=f"pass-{held.id}", source="/oem/base", topic=OEM_BASE.name, key=held.edition)


def signed_record(lineage: Lineage[Any], record: dict[str, Any]) -> dict[str, Any]:
    """A record of a campaign as `who` signs it; any other record as it is."""
    if not issubclass(lineage.body, CampaignEvent):
        return record
    body = lineage.decode(1, json.dumps(record).encode())
    return dict(json.loads(signed(body, secret(body.who)).model_dump_json(exclude_none=True)))
