"""Lay out what belongs to one vehicle, order or opportunity as steps in the order of time, from the first interest to the last visit."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from contracts.reminders import ReminderAnswered
from contracts.vehicles import ServiceVisited, VehicleHandedOver, VehicleSoldOn
from hub.rules.decision import Subject
from hub.rules.freight.charge import Charge
from hub.rules.leads import Lead
from hub.rules.masking import mask_reference
from hub.rules.money import written
from hub.rules.opportunities import Opportunity
from hub.rules.orders.state import Entry, Order
from hub.rules.orders.subjects import order_id
from hub.rules.service_reminders import restored
from hub.rules.shipments import Shipment
from hub.rules.vehicles import NAME as SERVICE
from hub.rules.vehicles import Vehicle


class Step(NamedTuple):
    """One thing that happened, or is to happen: what it is, its number or reference, who said it, and in words how it stands."""

    at: datetime
    what: str
    which: str
    who: str
    words: str


class Carriage(NamedTuple):
    """A consignment as its carrier and the ERP tell of it; either may not be known."""

    shipment: Shipment | None
    charge: Charge | None


class Share(NamedTuple):
    """What of an order's papers is asked for: all of it, or what is about one vehicle, which stands in these lines.

    A line that names no vehicle is about it where another paper names it under the same line; where none does, all are.
    """

    vin: str | None
    lines: frozenset[str]

    def of(self, lines: Sequence[Entry]) -> list[Entry]:
        """Those lines that are asked for; lines that were taken back are none."""
        real = [line for line in lines if line.get("quantity", 1)]
        if self.vin is None or not self.lines:
            return real
        return [line for line in real if (line.get("vin") or self.vin) == self.vin and line["line"] in self.lines]


def consignments(orders: Iterable[Order]) -> list[Subject]:
    """On what the orders were carried, by the advices."""
    return sorted({one for order in orders for one in _on_board(order.despatches)})


def of_sale(subject: Subject, opportunity: Opportunity, lead: Lead | None) -> Iterator[Step]:
    """From the first interest to the decision."""
    if lead is not None and opportunity.lead is not None:
        became = "" if lead.status == "new" else f", {lead.status}"
        yield Step(lead.received_at, "lead", opportunity.lead, subject.principal, f"by {lead.lead_source.replace('_', ' ')}{became}")
    whose = f"{subject.dealer}/{subject.ref}"
    product = mask_reference(opportunity.product) or ""
    yield Step(opportunity.opened_at, "opportunity", whose, subject.principal, product)
    if opportunity.closed_at is not None:
        amount = ""
        if opportunity.amount_minor is not None and opportunity.amount_currency is not None:
            amount = written(opportunity.amount_minor, opportunity.amount_currency)
        yield Step(opportunity.closed_at, opportunity.status, whose, subject.principal, amount)


def of_order(subject: Subject, order: Order, vin: str | None, carriages: Mapping[Subject, Carriage]) -> Iterator[Step]:
    """What was asked, answered, scheduled, sent, carried, received, invoiced and paid; of one vehicle only what is about it."""
    name, share = order_id(subject), Share(vin, _lines_of(order, vin))
    if order.asked_at is not None:
        yield Step(order.asked_at, "order", name, "hub", f"asked of the ERP because of win {order.win}")
    if order.answer is not None and order.answered_at is not None:
        promised = f", promised for {order.promised}" if order.promised and order.answer == "accepted" else ""
        yield Step(order.answered_at, order.answer, order.number or name, "erp", f"{_pieces(order.ordered)}{promised}")
    yield from _goods(order, share)
    on_board = _on_board(paper for paper in order.despatches if share.of(paper["lines"]))
    for consignment in on_board & carriages.keys():
        yield from _carried(consignment, carriages[consignment], name, share)
    yield from _money(order, share)
    if order.completed_at is not None:
        yield Step(order.completed_at, "completed", order.number or name, "erp", f"progress {order.progress} %")
    for one in order.missing:
        yield Step(_at(one["due_at"]), "missing", name, "erp", f"{one['paper'].replace('_', ' ')} not come by then")


def of_car(vin: str, news: Iterable[tuple[str, Any]], vehicle: Vehicle | None) -> Iterator[Step]:
    """What dealers said of it, as (who, event), and its reminders as they stand."""
    for who, said in news:
        match said:
            case VehicleHandedOver():
                yield Step(said.occurred_at, "handover", vin, who, f"to {mask_reference(said.customer)}")
            case VehicleSoldOn():
                yield Step(said.occurred_at, "sold on", vin, who, f"to {mask_reference(said.customer)}" if said.customer else "")
            case ServiceVisited():
                yield Step(said.occurred_at, "visit", said.visit or vin, who, _visit(said))
            case ReminderAnswered():
                yield Step(said.occurred_at, "answer", f"{SERVICE}/{vin}/{said.service_plan}", who, said.answer.replace("_", " "))
            case _:
                pass  # a reading alone is no step
    for reminder in restored(vehicle.reminders) if vehicle else ():
        name = f"{SERVICE}/{vin}/{reminder.plan}"
        if reminder.told_at and reminder.told:
            yield Step(_at(reminder.told_at), "reminder", name, "hub", f"{', '.join(reminder.told)} told")
        if reminder.due_on:
            due = datetime.combine(date.fromisoformat(reminder.due_on), time(), UTC)
            yield Step(due, "service due", name, "hub", f"{reminder.title or reminder.plan}, by {reminder.basis}")


def _goods(order: Order, share: Share) -> Iterator[Step]:
    for call in share.of(order.calls):
        yield Step(_at(call["window_until"]), "call-off", call["call"], "erp", f"{_pieces(call['quantity'])}, window {call['verdict']}")
    for what, papers in (("despatch", order.despatches), ("arrival", order.receptions)):
        for paper in papers:
            count = sum(line["quantity"] for line in share.of(paper["lines"]))
            on = f" on {paper['carrier']} {mask_reference(paper['consignment'])}" if paper.get("consignment") else ""
            if count:
                yield Step(_at(paper["at"]), what, paper["document"], "erp", f"{_pieces(count)}{on}")


def _carried(consignment: Subject, carriage: Carriage, order: str, share: Share) -> Iterator[Step]:
    shipment, charge = carriage
    if shipment is not None:
        late = f", {shipment.delay_minutes} minutes late" if (shipment.delay_minutes or 0) > 0 else ""
        words = f"{shipment.status.replace('_', ' ')}{late}"
        yield Step(shipment.delivered_at or shipment.status_at, "shipment", consignment.ref, consignment.principal, words)
    if charge is not None:
        shares = Counter[str]()
        for one in share.of([one for one in charge.allocations if one["order"] == order]):
            shares[one["currency"]] += one["minor"]
        at = max((_at(item["at"]) for item in charge.bills), default=charge.despatched_at)
        if at is not None:
            cost = " and ".join(written(minor, currency) for currency, minor in shares.items()) or "nothing yet"
            words = f"{charge.status.replace('_', ' ')}, its share {cost}"
            yield Step(at, "freight charge", consignment.ref, consignment.principal, words)


def _money(order: Order, share: Share) -> Iterator[Step]:
    shown = set()
    for what, papers in (("invoice", order.invoices), ("credit note", order.credits)):
        for paper in papers:
            own = share.of(paper["lines"])
            if own:
                shown.add(paper["document"])
                amount = written(sum(line["net"] + line["tax"] for line in own), paper["currency"])
                yield Step(_at(paper["at"]), what, paper["document"], "erp", f"{amount}, due {paper['due']}" if "due" in paper else amount)
    taken_back = {entry["receipt"] for entry in order.reversals}
    for entry in order.receipts:
        if entry["invoice"] in shown:
            held = ", taken back" if entry["document"] in taken_back else ""
            words = f"{written(entry['minor'], entry['currency'])} for {mask_reference(entry['invoice'])}{held}"
            yield Step(_at(entry["at"]), "receipt", entry["document"], "erp", words)


def _on_board(despatches: Iterable[Entry]) -> set[Subject]:
    return {Subject(f"carrier:{one['carrier']}", one["consignment"]) for one in despatches if one["carrier"] and one["consignment"]}


def _lines_of(order: Order, vin: str | None) -> frozenset[str]:
    """The lines under which any paper names the vehicle."""
    papers = (line for several in (order.despatches, order.receptions, order.invoices) for paper in several for line in paper["lines"])
    return frozenset(line["line"] for line in (*order.calls, *papers) if line.get("vin") == vin)


def _visit(said: ServiceVisited) -> str:
    done = ", ".join(said.service_plans) or "no service of a plan"
    return done if said.odometer_km is None else f"{done}, {said.odometer_km:,} km"


def _pieces(count: int) -> str:
    return "1 piece" if count == 1 else f"{count:,} pieces"


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)
