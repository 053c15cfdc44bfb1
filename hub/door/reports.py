"""What a provider's form says, as reports: how far a delivery is, who wants no more, which address is none."""

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args
from uuid import UUID

from contracts.addresses import address_key, hint
from contracts.contract import Finding, Lineage
from contracts.reports import ADDRESS_BOUNCED, DELIVERY_REPORTED, RECIPIENT_OPTED_IN, RECIPIENT_OPTED_OUT, ProviderStatus
from hub.channels.sms.outcome import cause_of
from hub.door.errors import Denied

PROVIDER = "twilio"

_STATUSES: Mapping[str, ProviderStatus] = {
    **{status: status for status in get_args(ProviderStatus)},
    "accepted": "queued",
    "scheduled": "queued",
    "undelivered": "failed",
    "canceled": "failed",
}
_OPT_OUTS: Mapping[str, Lineage[Any]] = {"STOP": RECIPIENT_OPTED_OUT, "START": RECIPIENT_OPTED_IN}


class Heard(NamedTuple):
    """One report: its fields but for when, and what its id follows from."""

    lineage: Lineage[Any]
    fields: Mapping[str, Any]
    name: tuple[object, ...]


def sms_status(delivery: UUID, form: Mapping[str, str]) -> list[Heard]:
    """A status callback; a number that is none, or that said stop, is told of as well. Raises Denied naming the field."""
    said = form.get("MessageStatus", "")
    status = _STATUSES.get(said)
    if status is None:
        raise Denied(422, "schema", Finding("MessageStatus", f"one of {', '.join(sorted(_STATUSES))}"))
    reference, code = _line(form, "MessageSid"), _code(form)
    cause = cause_of(int(code)) if code and status == "failed" else None
    fields = {"delivery": str(delivery), "provider": PROVIDER, "status": status, "reference": reference, "cause": cause, "code": code}
    told = [Heard(DELIVERY_REPORTED, fields, (PROVIDER, delivery, reference, said, code))]
    number = form.get("To", "")
    if number and cause == "unknown_address":
        about = {**_address(number), "delivery": str(delivery), "cause": cause, "is_permanent": True, "code": code}
        told.append(Heard(ADDRESS_BOUNCED, about, ("bounced", PROVIDER, delivery, reference)))
    if number and cause == "opted_out":
        about = {**_address(number), "provider": PROVIDER, "reference": reference}
        told.append(Heard(RECIPIENT_OPTED_OUT, about, ("stop", PROVIDER, delivery, reference)))
    return told


def sms_inbound(form: Mapping[str, str]) -> list[Heard]:
    """A message that somebody sent us: only what the provider itself took for STOP or START counts."""
    reference, lineage = _line(form, "MessageSid"), _OPT_OUTS.get(form.get("OptOutType", "").upper())
    if lineage is None:
        return []
    if not (number := form.get("From", "")):
        raise Denied(422, "schema", Finding("From", "the number that it came from"))
    return [Heard(lineage, {**_address(number), "provider": PROVIDER, "reference": reference}, ("inbound", PROVIDER, reference))]


def _address(number: str) -> dict[str, str]:
    return {"address": address_key("sms", number), "channel": "sms", "hint": hint("sms", number)}


def _code(form: Mapping[str, str]) -> str | None:
    code = form.get("ErrorCode", "")
    if code and not (code.isascii() and code.isdigit() and len(code) < 10):  # noqa: PLR2004 - the provider's own have five digits
        raise Denied(422, "schema", Finding("ErrorCode", "the provider's number of an error"))
    return code or None


def _line(form: Mapping[str, str], field: str) -> str:
    found = form.get(field, "")
    if not found or not found.isalnum() or len(found) > 64:  # noqa: PLR2004 - the provider's own are 34 letters and digits
        raise Denied(422, "schema", Finding(field, "the provider's name of the message"))
    return found
