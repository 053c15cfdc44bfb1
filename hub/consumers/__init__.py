"""Who listens: one file per consumer, and the list of them all."""

from hub.consumers.base_data import base_data
from hub.consumers.campaigns import campaigns
from hub.consumers.crm_sync import crm_sync
from hub.consumers.erp_orders import erp_orders
from hub.consumers.freight import freight
from hub.consumers.reminders import reminders
from hub.consumers.shipments import shipments
from hub.stream.consumer import Consumer

CONSUMERS: dict[str, Consumer] = {
    consumer.name: consumer for consumer in (base_data, crm_sync, campaigns, erp_orders, shipments, freight, reminders)
}
