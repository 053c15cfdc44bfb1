"""What the ERP and a carrier say of shipments and charges in tests of pure rules: short words for whole events, folded in their order."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.acts import DISPUTE_CONCEDED
from contracts.contract import Event, Lineage
from contracts.freight import (
    DISPUTE_ANSWERED,
    FREIGHT_CREDITED,
    FREIGHT_INVOICED,
    FREIGHT_QUOTED,
)
from contracts.papers import DELIVERY_DESPATCHED
from contracts.shipments import SHIPMENT_REPORTED
from contracts.timers import TIMER_FIRED
from hub.consumers.freight import freight
from hub.rules.basedata import BaseData
from hub.rules.decision import Subject
from hub.rules.folding import Told, fold_all
from hub.rules.freight.charge import Charge
from tests.support.carriage import CARRIER, MONDAY, base

SUBJECT = Subject(f"carrier:{CARRIER}", "RT-1")
RULES = freight.stores["freight_charges"].rules


def at(hours: float) -> datetime:
    """So many hours after Monday morning."""
    return MONDAY + timedelta(hours=hours)


def told(lineage: Lineage[Any], body: Event, number: int) -> Told:
    """An event as it reaches the fold."""
    return Told(UUID(int=number), 0, lineage, body, "/test", f"e{number}")


class Paper:
    """Collects what is said of one consignment; each word returns its event's number."""

    def __init__(self) -> None:
        self.events: list[Told] = []

    def say(self, lineage: Lineage[Any], hours: float, body: dict[str, Any]) -> int:
        """One event, so many hours after Monday morning."""
        event = lineage.body.model_validate({"occurred_at": at(hours), **body})
        self.events.append(told(lineage, event, len(self.events)))
        return len(self.events) - 1

    def despatched(self, hours: float = 0, *lines: dict[str, Any], **changed: Any) -> int:
        """800 kg from Berlin to Munich for one order, or what the lines say."""
        places = {"origin": {"country": "DE", "postal_code": "10115"}, "destination": {"country": "DE", "postal_code": "80331"}}
        one = {"order": "ber-01/O-1#1", "line": "10", "quantity": 1, "weight_kg": 800}
        body = {"document": "LS-1", "carrier": CARRIER, "consignment": "RT-1", **places, "lines": lines or (one,), **changed}
        return self.say(DELIVERY_DESPATCHED, hours, body)

    def performed(self, code: str, quantity: int = 1, hours: float = 1) -> int:
        """The carrier reports a service."""
        service = {"code": code, "quantity": quantity}
        return self.say(SHIPMENT_REPORTED, hours, {"consignment": "RT-1", "status": "in_transit", "services": (service,)})

    def reached(self, status: str, hours: float = 1) -> int:
        """The carrier reports a status."""
        return self.say(SHIPMENT_REPORTED, hours, {"consignment": "RT-1", "status": status})

    def cancelled(self, hours: float = 1) -> int:
        """Nothing is carried after all."""
        return self.reached("cancelled", hours)

    def quoted(self, minor: int, hours: float = -1, *, currency: str = "EUR", until: float = 24) -> int:
        """An offer."""
        price = {"minor": minor, "currency": currency}
        return self.say(FREIGHT_QUOTED, hours, {"consignment": "RT-1", "price": price, "valid_until": at(until)})

    def billed(self, hours: float = 48, *, invoice: str = "I-1", currency: str = "EUR", **charges: Any) -> int:
        """A bill with a line for each charge: an amount, or what the line says; another consignment is on it as well."""
        lines = [
            {"line": str(number), "consignment": "RT-1", "charge": charge, **(told if isinstance(told, dict) else {"amount_minor": told})}
            for number, (charge, told) in enumerate(charges.items(), 1)
        ]
        lines.append({"line": "99", "consignment": "RT-2", "charge": "freight", "amount_minor": 77_700})
        net = sum(line["amount_minor"] for line in lines)
        return self.say(FREIGHT_INVOICED, hours, {"invoice": invoice, "currency": currency, "lines": tuple(lines), "net_minor": net})

    def credited(self, hours: float = 72, *, invoice: str = "I-1", note: str = "C-1", currency: str = "EUR", **lines: int) -> int:
        """Something is given back, by line: `l1=100`."""
        given = [{"line": line[1:], "consignment": "RT-1", "amount_minor": minor} for line, minor in lines.items()]
        body = {"credit_note": note, "invoice": invoice, "currency": currency, "lines": tuple(given)}
        return self.say(FREIGHT_CREDITED, hours, body)

    def answered(self, answer: str, hours: float = 60, *, invoice: str = "I-1") -> int:
        """The carrier's answer to a dispute."""
        return self.say(DISPUTE_ANSWERED, hours, {"consignment": "RT-1", "invoice": invoice, "answer": answer})

    def conceded(self, hours: float = 80, *, invoice: str = "I-1") -> int:
        """An operator gives a dispute up."""
        body = {
            "who": "f.krause",
            "why": "signed for",
            "consumer": "freight",
            "carrier": CARRIER,
            "consignment": "RT-1",
            "invoice": invoice,
        }
        return self.say(DISPUTE_CONCEDED, hours, body)

    def time_is_over(self, hours: float) -> int:
        """The clock says that a bill has waited for its advice until now."""
        whose = {"principal": SUBJECT.principal, "subject": SUBJECT.ref}
        return self.say(TIMER_FIRED, hours, {"consumer": "freight", "store": "freight_charges", **whose, "due_at": at(hours)})

    def charge(self, known: BaseData | None = None) -> Charge:
        """What all of it comes to."""
        folded = fold_all(SUBJECT, RULES, known or base(), self.events)
        assert isinstance(folded.state, Charge), folded.verdicts
        return folded.state
