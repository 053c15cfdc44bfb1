"""A load for all consumers at once: as many events for each, every one of a kind that no other consumer folds."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from bench.load import FIRST_DAY, Load, Record, event_id
from contracts import envelope as cloudevents
from contracts import topics
from contracts.base import Carrier, ConsentPurpose
from contracts.consents import CONSENT_GIVEN
from contracts.contract import Lineage
from contracts.freight import FREIGHT_QUOTED
from contracts.orders import ORDER_ACCEPTED
from contracts.shipments import SHIPMENT_ESTIMATED
from contracts.vehicles import ODOMETER_READ
from hub.state.store import Connection

ARRIVAL = "2026-02-01T08:00:00Z"
CONSUMERS = ("crm-sync", "erp-orders", "shipments", "freight", "reminders", "campaigns")
_PARTITIONS = 4
_BASE = """
INSERT INTO base_data (principal, ref, row_version, ordered_at, revision, tie, because, kind, id, effective_from, retired, body)
VALUES ('oem', $1, 1, $2, 0, '', gen_random_uuid(), $3, $4, $5, false, $6::text::jsonb)
"""


@dataclass(frozen=True)
class Mixed:
    """`share` events for each of the consumers, `number` after `number`; customers' snapshots as in the plain load, onto `rows` of them.

    The other five make a subject of their own each: an order that nobody asked for is accepted, a shipment's arrival estimated, a
    carriage quoted, an odometer read, a consent given.
    """

    share: int
    rows: int
    name: str = "bench"

    @cached_property
    def customers(self) -> Load:
        """What `crm-sync` gets."""
        return Load(self.share, self.rows, name=self.name)

    @property
    def events(self) -> int:
        """All of them together."""
        return self.share * len(CONSUMERS)

    @property
    def places(self) -> dict[str, int]:
        """Topics and their partitions."""
        carriers = {
            topic.of(self._partner(n)): 1 for topic in (topics.CARRIER_TRACKING, topics.CARRIER_FREIGHT) for n in range(_PARTITIONS)
        }
        return {**self.customers.places, **carriers, topics.ERP_ORDERS.name: _PARTITIONS}

    @property
    def feeds(self) -> list[str]:
        """Where the dealers hear of what becomes of it."""
        return [topics.DEALER_FEED.of(self._partner(n)) for n in range(_PARTITIONS)]

    def said(self) -> Iterator[Record]:
        """In turn one for each consumer."""
        for number, snapshot in enumerate(self.customers.said(), 1):
            yield snapshot
            partner = self._partner(number)
            dealers, dealer = topics.DEALER_EVENTS.of(partner), f"/dealers/{partner}"
            carrier, consignment = f"/carriers/{partner}", f"S-{number:08d}"
            order = {"document": f"A-{number:08d}", "order": f"{number:08d}", "number": f"{number:08d}", "dealer": partner}
            order |= {"lines": [{"line": "10", "product": "tour-m", "quantity": 3, "price": {"minor": number, "currency": "EUR"}}]}
            yield self._record(ORDER_ACCEPTED, topics.ERP_ORDERS.name, number % _PARTITIONS, "/erp", number, order, "document")
            estimate = {"consignment": consignment, "estimated_arrival": ARRIVAL}
            yield self._record(SHIPMENT_ESTIMATED, topics.CARRIER_TRACKING.of(partner), 0, carrier, number, estimate, "consignment")
            quote = {"consignment": consignment, "price": {"minor": number, "currency": "EUR"}, "valid_until": ARRIVAL}
            yield self._record(FREIGHT_QUOTED, topics.CARRIER_FREIGHT.of(partner), 0, carrier, number, quote, "consignment")
            reading = {"vin": f"WVWZZZ1JZ{number:08d}", "odometer_km": number, "how": "telematics"}
            yield self._record(ODOMETER_READ, dealers, 0, f"{dealer}/cars", number, reading, "vin")
            agreed = {"person": f"P-{number:08d}", "channels": ["email"], "purposes": ["news"], "proof": {"where": "web form"}}
            yield self._record(CONSENT_GIVEN, dealers, 0, f"{dealer}/consents", number, agreed, "person")

    async def lay_down(self, connection: Connection) -> None:
        """The base data without which quotes and consents would wait."""
        now = datetime.now(UTC)
        carriers = [
            Carrier(occurred_at=now, id=self._partner(n), name="Carrier", currency="EUR", tariff="road") for n in range(_PARTITIONS)
        ]
        data: list[Carrier | ConsentPurpose] = [*carriers, ConsentPurpose(occurred_at=now, id="news", name="News")]
        for datum in data:
            body = datum.model_dump_json(exclude={"occurred_at", "revision", "corrects"})
            await connection.execute(_BASE, datum.edition, now, datum.KIND, datum.id, datum.effective_from, body)

    def _partner(self, number: int) -> str:
        return f"{self.name}-{number % _PARTITIONS}"

    def _record(
        self, lineage: Lineage[Any], topic: str, partition: int, source: str, number: int, said: dict[str, Any], key: str
    ) -> Record:
        headers = cloudevents.write(cloudevents.Envelope(event_id(number), source, lineage.wire))
        body = json.dumps({"occurred_at": FIRST_DAY, **said}).encode()
        return topic, partition, str(said[key]).encode(), body, headers
