"""Dealers that speak at a steady rate each, and how long it takes until the hub tells others of what they said."""

import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import quantiles
from typing import Any

from confluent_kafka import Producer

from contracts import envelope as cloudevents
from contracts import topics
from contracts.customers import CUSTOMER_RECORDED
from tests.support.engine import NOON
from tests.support.scene import Scene

STEP_SECONDS = 0.01
_NOTE = "lorem ipsum " * 40


class Paced:
    """Sends customers, each told of once and under a reference of its own, `rates` a second by dealer."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        config: dict[str, Any] = scene.kafka.client_config() | {"linger.ms": 1, "log_level": 0}
        self._producer = Producer(config)

    def speak(self, rates: Mapping[str, float], seconds: float, mark: str) -> dict[str, int]:
        """Speak for so long; returns how many records each dealer said. `mark` begins each reference."""
        began, said = time.monotonic(), dict.fromkeys(rates, 0)
        while (elapsed := time.monotonic() - began) < seconds:
            for dealer, rate in rates.items():
                while said[dealer] < elapsed * rate:
                    self._say(dealer, f"{mark}-{said[dealer]}")
                    said[dealer] += 1
            self._producer.poll(STEP_SECONDS)
        assert self._producer.flush(60) == 0
        return said

    def _say(self, dealer: str, ref: str) -> None:
        body = f'{{"customer": "{ref}", "name": "Invented {ref}", "occurred_at": "{NOON.isoformat()}", "note": "{_NOTE}"}}'
        envelope = cloudevents.Envelope(ref, f"/dealers/{dealer}", CUSTOMER_RECORDED.wire, NOON)
        self._producer.produce(
            topics.DEALER_EVENTS.of(dealer),
            body.encode(),
            ref.encode(),
            headers=cloudevents.write(envelope),  # type: ignore[arg-type]
        )

    def delays(self, dealers: Mapping[str, object], marks: Sequence[str]) -> dict[str, list[float]]:
        """By mark, milliseconds from each dealer's record to what the hub told because of it, by the clients' own stamps."""
        told = dict(self._stamps(topics.CRM.name))
        found: dict[str, list[float]] = {mark: [] for mark in marks}
        for dealer in dealers:
            for ref, at in self._stamps(topics.DEALER_EVENTS.of(dealer)):
                if (mark := ref.rpartition("-")[0]) in found:
                    found[mark].append(told[f"{dealer}/{ref}"] - at)
        return found

    def _stamps(self, topic: str) -> Iterator[tuple[str, float]]:
        return (((message.key() or b"").decode(), message.timestamp()[1]) for message in self._scene.read(topic))


def p99(delays: list[float]) -> float:
    """The delay that one in a hundred exceeds."""
    return quantiles(delays, n=100)[98]
