"""Keep freight charges in step with what the ERP despatches and carriers report, quote, bill, credit and answer."""

from contracts import freight as freight_events
from contracts import papers, topics
from contracts.acts import DISPUTE_CONCEDED
from contracts.shipments import SHIPMENT_REPORTED
from contracts.timers import TIMER_FIRED
from hub.rules import consignments
from hub.rules.freight import accounts, charges, invoices, told
from hub.rules.freight.charge import waits_until
from hub.state import stores
from hub.stream.consumer import Consumer

freight = Consumer(
    "freight",
    topics.CARRIER_FREIGHT,
    topics.CARRIER_TRACKING,
    topics.ERP_DESPATCH,
    topics.ACTS,
    topics.TIMERS,
    using=("carrier", "tariff", "fuel_table", "exchange_rate"),
)

freight.fold(
    stores.freight_charges,
    {
        papers.DELIVERY_DESPATCHED: charges.advised,
        SHIPMENT_REPORTED: charges.reported,
        freight_events.FREIGHT_QUOTED: charges.quoted,
        freight_events.FREIGHT_INVOICED: charges.invoiced,
        freight_events.FREIGHT_CREDITED: charges.credited,
        freight_events.DISPUTE_ANSWERED: charges.answered,
        DISPUTE_CONCEDED: charges.conceded,
        TIMER_FIRED: charges.waited,
    },
    concerns={
        papers.DELIVERY_DESPATCHED: consignments.despatched,
        freight_events.FREIGHT_INVOICED: consignments.billed,
        freight_events.FREIGHT_CREDITED: consignments.billed,
        DISPUTE_CONCEDED: consignments.conceded,
    },
    tell=(
        (topics.FREIGHT, freight_events.CHARGE_UPDATED, told.updated),
        (topics.CARRIER_REQUESTS, freight_events.DISPUTE_RAISED, told.disputed, told.whose),
        (topics.CARRIER_REQUESTS, freight_events.DISPUTE_WITHDRAWN, told.withdrawn, told.whose),
    ),
    books=accounts.books,
    timer=waits_until,
)
freight.fold(
    stores.freight_invoices,
    {freight_events.FREIGHT_INVOICED: invoices.invoiced},
    tell=(topics.CARRIER_REQUESTS, freight_events.INVOICE_DISPUTED, told.invoice_disputed, told.whose),
)
