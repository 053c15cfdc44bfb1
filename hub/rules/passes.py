"""Whether what somebody says of a campaign was said by them: by the pass that it is signed with, which base data holds.

A record says any name that its writer likes, and more people may write to a topic than may approve a campaign. Only who has the
secret half of a pass's key can sign, and neither the topics nor the store hold it.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from contracts.base import Right, StaffPass
from contracts.campaigns import CampaignEvent
from contracts.contract import Event
from hub.rules.decision import Facts, Reject, Wait

_ID_DIGITS = 16


def pass_id(key: str) -> str:
    """The id of the pass with that public key: it follows from the key, so whoever has the secret knows it."""
    return key[:_ID_DIGITS]


def public_key(secret: bytes) -> str:
    """What is laid down of a secret of 32 bytes."""
    return bytes(_private(secret).public_key().public_bytes_raw()).hex()


def signed(event: CampaignEvent, secret: bytes) -> CampaignEvent:
    """The same event with the signature of whoever has that secret."""
    named = event.model_copy(update={"signed_with": pass_id(public_key(secret))})
    return named.model_copy(update={"signature": _private(secret).sign(_words(named)).hex()})


def takes_back(event: Event) -> Reject | None:
    """What stands in `oem.campaigns` takes the place of nothing that was said: that would undo a pause, or what a pass had signed.

    Asked before all else: while a correction waits, it counts.
    """
    return None if event.corrects is None else Reject("corrects", "nothing: say it anew")


def unproven(event: CampaignEvent, right: Right, facts: Facts) -> Wait | Reject | None:
    """What is missing for this to be the word of somebody who may say it; None for nothing."""
    wrong = takes_back(event)
    if wrong is not None:
        return wrong
    if event.signed_with is None or event.signature is None:
        return Reject("signature", "what was signed with a pass (hub staff issue)")
    found = known(event, facts)
    if found is None:
        return Wait(StaffPass.KIND, event.signed_with)
    word = standing(found, event.occurred_at)
    checks = (
        (_is_signed(_words(event), found.key, event.signature), "signature", "the signature of that pass over just this"),
        (event.who == found.staff, "who", "whose pass it is signed with"),
        (word == "good", "signed_with", f"a pass that was good when it was said: this one was {word}"),
        (right in found.may, "signed_with", f"a pass with which one may {right}"),
    )
    return next((Reject(path, expected) for is_right, path, expected in checks if not is_right), None)


def covers(event: CampaignEvent, facts: Facts, conditions: Mapping[str, Any]) -> bool:
    """Whether the pass is good for all dealers whose people those conditions may choose."""
    found = known(event, facts)
    if found is None or not found.dealers:
        return found is not None
    asked = conditions.get("dealer") or {}
    meant = {asked["is"]} if "is" in asked else set(asked.get("in") or ())
    return bool(meant) and meant <= set(found.dealers)


def known(event: CampaignEvent, facts: Facts) -> StaffPass | None:
    """The pass that an event is signed with, as it was in force when the event occurred."""
    return in_force(facts.base.editions(StaffPass, event.signed_with or ""), event.occurred_at)


def standing(one: StaffPass, at: datetime) -> str:
    """How a pass stands at a moment, in a word: good, not good yet, expired or revoked. One that is retired never was good."""
    if one.retired or (one.revoked_at is not None and one.revoked_at <= at):
        return "revoked"
    if one.effective_from > at.astimezone(UTC).date():
        return "not good yet"
    return "expired" if one.expires_at <= at else "good"


def in_force(editions: Iterable[StaffPass], at: datetime) -> StaffPass | None:
    """A pass as it holds on the day of a moment, by its editions; the first one where none holds yet.

    What any edition takes away is gone on every day: who has a pass that was revoked or retired may say a day before that.
    """
    ordered = sorted(editions, key=lambda one: one.effective_from)
    if not ordered:
        return None
    today = at.astimezone(UTC).date()
    found = next((one for one in reversed(ordered) if one.effective_from <= today), ordered[0])
    ends = [one.revoked_at for one in ordered if one.revoked_at is not None]
    return found.model_copy(update={"retired": any(one.retired for one in ordered), "revoked_at": min(ends, default=None)})


def _words(event: CampaignEvent) -> bytes:
    """What is signed: which event it is and all that it says. What is left to its default may be added by a later edition."""
    said = event.model_dump(mode="json", exclude={"signature"}, exclude_defaults=True)
    return json.dumps([type(event).__name__, said], sort_keys=True).encode()


@lru_cache(maxsize=1024)  # late news folds a campaign again and again
def _is_signed(words: bytes, key: str, signature: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), words)
    except (InvalidSignature, ValueError):  # ValueError: 32 bytes that are no key
        return False
    return True


def _private(secret: bytes) -> Any:  # noqa: ANN401 - a key of a library that is loaded only where it is needed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(secret)
