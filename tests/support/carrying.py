"""The ERP, a carrier and the OEM as they speak in tests of the engine, of shipments and their charges."""

from typing import Any

from contracts.acts import DISPUTE_CONCEDED
from contracts.base.v1 import BaseDatum
from contracts.catalogue import BY_NAME
from contracts.contract import Lineage
from contracts.freight import DISPUTE_ANSWERED, FREIGHT_CREDITED, FREIGHT_INVOICED
from contracts.papers import DELIVERY_DESPATCHED
from contracts.shipments import SHIPMENT_POSITIONED, SHIPMENT_REPORTED
from contracts.topics import ACTS, CARRIER_FREIGHT, CARRIER_TRACKING, ERP_DESPATCH, OEM_BASE
from hub.stream.slips import Stored
from tests.support.carriage import CARRIER, carrier, fuel, tariff
from tests.support.charging import at
from tests.support.engine import Log

BERLIN, MUNICH = {"country": "DE", "postal_code": "10115"}, {"country": "DE", "postal_code": "80331"}


class Voices:
    """Appends to a log what the ERP and a carrier say; each event gets the id it is given, or the next number."""

    def __init__(self, log: Log, carrier: str = CARRIER) -> None:
        self.log, self.carrier = log, carrier
        self._count = 0

    def lay(self, *data: BaseDatum) -> None:
        """The carrier's terms, prices and fuel, or other base data."""
        for datum in data or (carrier(), tariff(), fuel()):
            body = datum.model_dump(mode="json", exclude_none=True, exclude={"occurred_at"})
            lineage = BY_NAME[f"{datum.KIND}.recorded"]
            self._count += 1
            self.log.say(lineage, body, id=f"b{self._count}", source="/oem/mdm", topic=OEM_BASE.name, key=datum.edition)

    def say(self, topic: str, source: str, lineage: Lineage[Any], hours: float, body: dict[str, Any], **how: Any) -> Stored:
        """One event; `corrects` goes into its body."""
        self._count += 1
        if "corrects" in how:
            body = {**body, "corrects": how.pop("corrects")}
        how.setdefault("id", f"e{self._count}")
        return self.log.say(lineage, {"occurred_at": at(hours).isoformat(), **body}, topic=topic, source=source, **how)

    def despatched(self, consignment: str, hours: float = 0, *, kg: int = 800, order: str = "ber-01/O-1#1", **how: Any) -> Stored:
        """The ERP hands goods over."""
        line = {"order": order, "line": "10", "quantity": 1, "weight_kg": kg}
        ends = {"origin": BERLIN, "destination": MUNICH}
        body = {"document": f"LS-{consignment}", "carrier": self.carrier, "consignment": consignment, "lines": [line], **ends}
        return self.say(ERP_DESPATCH.name, "/erp", DELIVERY_DESPATCHED, hours, body, **how)

    def reported(self, consignment: str, status: str, hours: float = 1, *, services: Any = (), **how: Any) -> Stored:
        """The carrier reports a status."""
        body = {"consignment": consignment, "status": status, "services": list(services)}
        return self.say(CARRIER_TRACKING.of(self.carrier), f"/carriers/{self.carrier}", SHIPMENT_REPORTED, hours, body, **how)

    def positioned(self, consignment: str, hours: float, latitude_micro: int, **how: Any) -> Stored:
        """The carrier says where it is."""
        body = {"consignment": consignment, "latitude_micro": latitude_micro, "longitude_micro": 13_404_954}
        return self.say(CARRIER_TRACKING.of(self.carrier), f"/carriers/{self.carrier}", SHIPMENT_POSITIONED, hours, body, **how)

    def billed(
        self,
        *lines: tuple[str, str, int],
        hours: float = 48,
        invoice: str = "I-1",
        net: int | None = None,
        currency: str = "EUR",
        **how: Any,
    ) -> Stored:
        """One bill: consignment, charge and amount of each line."""
        told = [
            {"line": str(number), "consignment": ref, "charge": charge, "amount_minor": minor}
            for number, (ref, charge, minor) in enumerate(lines, 1)
        ]
        total = sum(minor for *_, minor in lines) if net is None else net
        body = {"invoice": invoice, "currency": currency, "lines": told, "net_minor": total}
        return self._bill(FREIGHT_INVOICED, hours, body, how)

    def credited(self, *lines: tuple[str, str, int], hours: float = 72, invoice: str = "I-1", note: str = "C-1", **how: Any) -> Stored:
        """A credit note: line, consignment and amount."""
        told = [{"line": line, "consignment": ref, "amount_minor": minor} for line, ref, minor in lines]
        return self._bill(FREIGHT_CREDITED, hours, {"credit_note": note, "invoice": invoice, "currency": "EUR", "lines": told}, how)

    def answered(self, consignment: str, answer: str, hours: float = 60, *, invoice: str = "I-1", **how: Any) -> Stored:
        """The carrier answers a dispute."""
        return self._bill(DISPUTE_ANSWERED, hours, {"consignment": consignment, "invoice": invoice, "answer": answer}, how)

    def conceded(self, consignment: str, hours: float = 80, *, invoice: str = "I-1", **how: Any) -> Stored:
        """An operator gives a dispute up."""
        act = {"who": "f.krause", "why": "signed for", "consumer": "freight", "carrier": self.carrier}
        body = {**act, "consignment": consignment, "invoice": invoice}
        return self.say(ACTS.name, "/hub/operators/f.krause", DISPUTE_CONCEDED, hours, body, **how)

    def _bill(self, lineage: Lineage[Any], hours: float, body: dict[str, Any], how: dict[str, Any]) -> Stored:
        return self.say(CARRIER_FREIGHT.of(self.carrier), f"/carriers/{self.carrier}", lineage, hours, body, **how)
