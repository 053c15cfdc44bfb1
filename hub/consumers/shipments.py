"""Keep shipments in step with what the ERP despatches and carriers report."""

from contracts import papers, topics
from contracts import shipments as shipment_events
from hub.rules import consignments
from hub.rules import shipments as rules
from hub.state import stores
from hub.stream.consumer import Consumer

shipments = Consumer("shipments", topics.CARRIER_TRACKING, topics.ERP_DESPATCH, topics.ACTS, topics.TIMERS)

shipments.fold(
    stores.shipments,
    {
        papers.DELIVERY_DESPATCHED: rules.advised,
        shipment_events.SHIPMENT_REPORTED: rules.reported,
        shipment_events.SHIPMENT_ESTIMATED: rules.estimated,
        shipment_events.SHIPMENT_PROVEN: rules.proven,
    },
    concerns={papers.DELIVERY_DESPATCHED: consignments.despatched},
    tell=(
        (topics.SHIPMENTS, shipment_events.SHIPMENT_UPDATED, rules.told),
        (topics.DEALER_FEED, shipment_events.SHIPMENT_UPDATED, rules.for_dealers, rules.dealer_of),
    ),
)
shipments.fold(
    stores.shipment_positions,
    {shipment_events.SHIPMENT_POSITIONED: rules.positioned},
    history=False,
    afresh=[shipment_events.SHIPMENT_POSITIONED],
)
