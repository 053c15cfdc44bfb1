"""What is said of a change in charges: to anybody who may read it, and to the carrier whose bill is disputed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from contracts.contract import Event
from contracts.freight import ChargeUpdated, DisputeRaised, DisputeWithdrawn, InvoiceDisputed
from hub.rules.decision import Subject, carrier_of
from hub.rules.freight.charge import Charge
from hub.rules.freight.invoices import FreightInvoice

_HEARD = ("status", "currency", "expected_minor", "billed_minor", "disputed_minor", "credited_minor", "cost_minor")
_MOST_LINES = 2000


def updated(before: Charge | None, after: Charge, subject: Subject, because: Event, revision: int) -> ChargeUpdated | None:
    """What everybody may hear of a charge, when any of it changed."""
    heard = {field: getattr(after, field) for field in _HEARD}
    if before is not None and heard == {field: getattr(before, field) for field in _HEARD}:
        return None
    carrier = carrier_of(subject.principal)
    return ChargeUpdated(
        occurred_at=because.occurred_at,
        revision=revision,
        subject=f"{carrier}/{subject.ref}",
        carrier=carrier,
        consignment=subject.ref,
        **heard,
    )


def disputed(before: Charge | None, after: Charge, subject: Subject, because: Event, revision: int) -> Iterator[DisputeRaised]:
    """For each invoice whose disputed lines changed: all that is disputed now."""
    old, new = _lines(before), _lines(after)
    for dispute in after.disputes:
        key = dispute["invoice"], dispute["currency"]
        if new[key] != old.get(key):
            yield DisputeRaised.model_validate(
                {
                    "occurred_at": because.occurred_at,
                    "revision": revision,
                    "consignment": subject.ref,
                    **{field: dispute[field] for field in ("invoice", "currency", "disputed_minor")},
                    "lines": tuple(new[key][:_MOST_LINES]),
                    "answer_by": date.fromisoformat(dispute["answer_by"]),
                }
            )


def withdrawn(before: Charge | None, after: Charge, subject: Subject, because: Event, revision: int) -> Iterator[DisputeWithdrawn]:
    """For each invoice of which nothing is disputed any more: later news explained it."""
    was, still = ({invoice for invoice, _ in _lines(charge)} for charge in (before, after))
    for invoice in sorted(was - still):
        yield DisputeWithdrawn(occurred_at=because.occurred_at, revision=revision, consignment=subject.ref, invoice=invoice)


def _lines(charge: Charge | None) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The disputed lines of each invoice and currency, without what came back of them: a credit raises no new dispute."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for finding in charge.findings if charge else ():
        line = {field: value for field, value in finding.items() if field not in {"invoice", "currency", "credited_minor"}}
        found.setdefault((finding["invoice"], finding["currency"]), []).append(line)
    return found


def invoice_disputed(
    before: FreightInvoice | None, after: FreightInvoice, subject: Subject, because: Event, revision: int
) -> InvoiceDisputed | None:
    """That a bill does not add up, once for each bill that does not."""
    if after.net_minor == after.lines_minor or (before is not None and before[:3] == after[:3]):
        return None
    return InvoiceDisputed(
        occurred_at=because.occurred_at,
        revision=revision,
        invoice=subject.ref,
        currency=after.currency,
        net_minor=after.net_minor,
        lines_minor=after.lines_minor,
    )


def whose(_state: object, subject: Subject, _told: object) -> str:
    """The carrier who is told: the one whose consignment or invoice it is."""
    return carrier_of(subject.principal)
