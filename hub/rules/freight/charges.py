"""How the charge for a shipment follows from what the ERP despatches and the carrier reports, quotes, bills, credits and answers.

Each rule adds what it was told; what follows from all that is reckoned anew each time, so a charge does not depend on
the order in which a bill, its credit note and the advice came in.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from contracts.acts import DisputeConceded
from contracts.base import Carrier
from contracts.contract import Event
from contracts.freight import DisputeAnswered, FreightCredited, FreightInvoiced, FreightQuoted
from contracts.papers import DeliveryDespatched
from contracts.shipments import ShipmentReported
from contracts.timers import TimerFired
from hub.rules import consignments
from hub.rules.decision import Change, Decision, Facts, Keep, Wait, carrier_of
from hub.rules.freight import accounts, audit
from hub.rules.freight.charge import CONCEDED, Charge, blank, goods, waits_until
from hub.rules.tariffs import Load, exchanged, reckoned, terms_of

_BEYOND = 10**15
"""A price that no carriage has: reckoned from numbers that somebody mistyped, it counts as no price."""


def advised(state: Charge | None, event: DeliveryDespatched, facts: Facts) -> Decision[Charge]:
    """The ERP has handed goods to the carrier: now there is something to expect."""
    if state is not None and any(advice["document"] == event.document for advice in state.advices):
        return Keep("advised already")
    advice = consignments.advice_of(event)
    if not advice["lines"]:
        return Keep("void")

    def add(charge: Charge) -> Charge:
        return charge._replace(advices=[*charge.advices, advice], despatched_at=charge.despatched_at or event.occurred_at)

    return _expecting(state, event, facts, add)


def reported(state: Charge | None, event: ShipmentReported, facts: Facts) -> Decision[Charge]:
    """Only what earns a surcharge concerns the charge, and whether anything was carried: what has arrived cannot be cancelled."""
    arrives = event.status in {"delivered", "returned"}
    if not event.services and event.status != "cancelled":
        return Change(state._replace(is_carried=True)) if state and arrives else Keep("earns nothing")

    def add(charge: Charge) -> Charge:
        services = _added(charge.services, ((service.code, service.quantity) for service in event.services))
        is_cancelled = charge.is_cancelled or (event.status == "cancelled" and not charge.is_carried)
        return charge._replace(services=services, is_cancelled=is_cancelled, is_carried=charge.is_carried or arrives)

    return _expecting(state, event, facts, add)


def quoted(state: Charge | None, event: FreightQuoted, facts: Facts) -> Decision[Charge]:
    """An offer counts where the tariff has no price, if it held when the goods left."""
    price, given, until = event.price, event.occurred_at.isoformat(), event.valid_until.isoformat()
    quote = {"minor": price.minor, "currency": price.currency, "given_at": given, "valid_until": until}
    return _expecting(state, event, facts, lambda charge: charge._replace(quote=quote))


def invoiced(state: Charge | None, event: FreightInvoiced, facts: Facts) -> Decision[Charge]:
    """Take the consignment's lines from a bill for many."""
    told = {"invoice": event.invoice, "currency": event.currency, "at": event.occurred_at.isoformat()}
    lines = [line for line in event.lines if line.consignment == facts.subject.ref]
    bills = [{**told, **line.model_dump(exclude={"consignment"})} for line in lines]
    return _judging(state, event, facts, lambda charge: charge._replace(bills=charge.bills + bills))


def credited(state: Charge | None, event: FreightCredited, facts: Facts) -> Decision[Charge]:
    """Take what is given back of the consignment's lines; the bill may come later."""
    if state is not None and any(item["credit_note"] == event.credit_note for item in state.credits):
        return Keep("credited already")
    told = {"credit_note": event.credit_note, "invoice": event.invoice, "currency": event.currency}
    lines = [line for line in event.lines if line.consignment == facts.subject.ref]
    given = [{**told, "line": line.line, "amount_minor": line.amount_minor} for line in lines]
    return _judging(state, event, facts, lambda charge: charge._replace(credits=charge.credits + given))


def answered(state: Charge | None, event: DisputeAnswered, facts: Facts) -> Decision[Charge]:
    """The last answer counts."""
    if state is not None and state.answers.get(event.invoice) == CONCEDED:
        return Keep("conceded already")
    answer = {event.invoice: event.answer}
    return _judging(state, event, facts, lambda charge: charge._replace(answers=charge.answers | answer))


def conceded(state: Charge | None, event: DisputeConceded, facts: Facts) -> Decision[Charge]:
    """A person decides that what is disputed of an invoice is paid after all."""
    if state is None:
        return Wait("charge", facts.subject.ref)
    return Change(derived(state._replace(answers=state.answers | {event.invoice: CONCEDED}), event.occurred_at))


def waited(state: Charge | None, event: TimerFired, facts: Facts) -> Decision[Charge]:
    """The time that a bill may wait for its despatch advice is over."""
    if state is None or waits_until(state, facts.subject) != event.due_at:
        return Keep("moved on")
    return Change(derived(state._replace(is_overdue=True), event.occurred_at))


def _judging(state: Charge | None, event: Event, facts: Facts, add: Callable[[Charge], Charge]) -> Decision[Charge]:
    """What was told is added, under the carrier's terms of that moment, and all is judged anew."""
    carrier = _carrier(facts, event.occurred_at)
    if isinstance(carrier, Wait):
        return carrier
    terms = terms_of(carrier)
    charge = state._replace(terms=terms) if state else blank(terms)
    return Change(derived(add(charge), event.occurred_at))


def _expecting(state: Charge | None, event: Event, facts: Facts, add: Callable[[Charge], Charge]) -> Decision[Charge]:
    """The same where it changes what is to be expected, which is reckoned as of the day on which the goods left."""
    now = _carrier(facts, event.occurred_at)
    if isinstance(now, Wait):
        return now
    terms = terms_of(now)
    charge = add(state._replace(terms=terms) if state else blank(terms))
    if charge.despatched_at is not None:
        carrier = _carrier(facts, charge.despatched_at)
        found = carrier if isinstance(carrier, Wait) else _expected(charge, charge.despatched_at, carrier, facts)
        if isinstance(found, Wait):
            return found
        charge = found
    return Change(derived(charge, event.occurred_at))


def _carrier(facts: Facts, at: datetime) -> Carrier | Wait:
    ref = carrier_of(facts.subject.principal)
    return facts.base.find(Carrier, ref, at) or Wait("carrier", ref)


def _expected(charge: Charge, left: datetime, carrier: Carrier, facts: Facts) -> Charge | Wait:
    """The charge with what should be billed: by the tariff, or where it has no price by the offer that held then."""
    ordered = ((code, quantity) for advice in charge.advices for code, quantity in advice["services"].items())
    price = reckoned(carrier, _load(charge), _added(charge.services, ordered), left, facts.base)
    if isinstance(price, Wait):
        return price
    expected = price.charges
    if price.lane is None and (offer := _offer(charge, left)) is not None:
        converted = exchanged({"freight": offer["minor"]}, offer["currency"], carrier.currency, left, facts.base)
        if isinstance(converted, Wait):
            return converted
        expected = converted
    if charge.is_cancelled or any(abs(minor) > _BEYOND for minor in expected.values()):
        expected = {}
    return charge._replace(
        lane=price.lane, weight_g=price.weight_g, fuel_milli=price.fuel_milli, currency=carrier.currency, expected=expected
    )


def _load(charge: Charge) -> Load:
    first, lines = charge.advices[0], goods(charge)
    return Load(
        first["origin"],
        first["destination"],
        sum(line["weight_g"] or 0 for line in lines),
        sum(line["volume_dm3"] or 0 for line in lines),
        sum(line["quantity"] for line in lines),
        first["distance_km"],
    )


def _offer(charge: Charge, left: datetime) -> dict[str, Any] | None:
    """The quote, if it was given before the goods left and still held then."""
    quote = charge.quote
    if quote is None:
        return None
    given, until = (datetime.fromisoformat(quote[when]) for when in ("given_at", "valid_until"))
    return quote if given <= left <= until else None


def _added(services: Mapping[str, int], more: Iterable[tuple[str, int]]) -> dict[str, int]:
    total = dict(services)
    for code, quantity in more:
        total[code] = total.get(code, 0) + quantity
    return total


def derived(charge: Charge, at: datetime) -> Charge:
    """The charge with all that follows from what was told of it."""
    reviewed = audit.review(charge)
    charge = charge._replace(findings=audit.findings(reviewed))
    charge = charge._replace(disputes=audit.disputes(charge, at), balances=accounts.balances(charge, reviewed))
    agreed = charge.currency
    return charge._replace(
        status=_status(charge),
        expected_minor=sum(charge.expected.values()),
        billed_minor=sum(item["amount_minor"] for item in charge.bills if item["currency"] == agreed),
        disputed_minor=accounts.balance(charge, "disputed", agreed),
        credited_minor=sum(item["amount_minor"] for item in charge.credits if item["currency"] == agreed),
        accrued_minor=-accounts.balance(charge, "accrued", agreed),
        cost_minor=accounts.balance(charge, "cost", agreed),
        allocations=accounts.allocations(charge),
    )


def _status(charge: Charge) -> str:
    states = {dispute["state"] for dispute in charge.disputes}
    if states & {"open", "granted"}:
        return "disputed"
    if "refused" in states:
        return "refused"
    if not charge.is_advised and not (charge.bills and charge.is_overdue):
        return "unclear" if charge.bills else "unadvised"
    if not charge.bills:
        return "expected"
    if accounts.unbilled(charge):
        return "partly_billed"
    return "settled" if states else "passed"
