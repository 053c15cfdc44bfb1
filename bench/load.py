"""The load: customers' full snapshots of about 1 KB, the same for every contender."""

import random
from collections.abc import Iterator

from contracts import envelope as cloudevents
from contracts import topics
from contracts.customers import CUSTOMER_RECORDED, CustomerRecorded

DEALERS = tuple(f"bench-{number}" for number in range(4))


class Load:
    """Events over four dealers, one topic each; about two thirds of the keys occur once, ids grow with time."""

    def __init__(self, events: int, seed: int = 1) -> None:
        chance = random.Random(seed)
        self.records: list[tuple[str, bytes, bytes, list[tuple[str, bytes]]]] = []
        keys = max(1, events * 63 // 100)
        for number in range(events):
            dealer = DEALERS[number % len(DEALERS)]
            ref = f"C-{chance.randrange(keys):07d}"
            body = CustomerRecorded.model_validate_json(
                f'{{"customer": "{ref}", "name": "Firma {number}", "occurred_at": "2026-01-01T00:00:00Z", "revision": {number + 1},'
                f' "email": "office{number}@example.org", "phone": "+49 30 0000 {number}", "sector": "retail",'
                f' "employees": {number % 5000},'
                f' "address": {{"street": "Musterweg {number}", "postal_code": "10000", "city": "Musterstadt", "country": "DE"}},'
                f' "revenue": {{"minor": {number * 100}, "currency": "EUR"}}, "note": "{"lorem ipsum " * 50}"}}'
            )
            envelope = cloudevents.Envelope(f"018f{number:08x}-0000-7000-8000-{number:012x}", f"/dealers/{dealer}", CUSTOMER_RECORDED.wire)
            value = body.model_dump_json(exclude_none=True).encode()
            self.records.append((topics.DEALER_EVENTS.of(dealer), ref.encode(), value, cloudevents.write(envelope)))

    def __len__(self) -> int:
        return len(self.records)

    def subjects(self) -> int:
        """How many rows the store must hold in the end."""
        return len({(topic, key) for topic, key, _, _ in self.records})

    def __iter__(self) -> Iterator[tuple[str, bytes, bytes, list[tuple[str, bytes]]]]:
        return iter(self.records)
