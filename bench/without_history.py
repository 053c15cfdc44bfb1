"""A consumer whose store is declared without history, as a process of the hub: each event once, forwards only, nothing told."""

import asyncio

from contracts import topics
from contracts.customers import CUSTOMER_RECORDED
from hub.consumers import CONSUMERS
from hub.rules import customers
from hub.settings import Settings
from hub.state import stores
from hub.stream.consumer import Consumer

readings = Consumer("readings", topics.DEALER_EVENTS)
readings.fold(stores.customers, {CUSTOMER_RECORDED: customers.recorded}, history=False, afresh=[CUSTOMER_RECORDED])


def main() -> None:
    """Run it as `hub run` would."""
    CONSUMERS[readings.name] = readings
    from hub.wiring import run  # it takes the list of consumers as it finds it

    asyncio.run(run(readings.name, Settings()))


if __name__ == "__main__":
    main()
