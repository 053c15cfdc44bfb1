"""A store without history, in tests of the engine."""

from contracts import crm, topics
from contracts.contacts import CONTACT_RECORDED
from contracts.customers import CUSTOMER_CHANGED, CUSTOMER_RECORDED
from hub.rules import contacts, customers
from hub.state import stores
from hub.stream.consumer import Consumer


def newest(*, is_told: bool = True, is_afresh: bool = False) -> Consumer:
    """Customers as `crm-sync` keeps them, but without their history, and contacts with theirs.

    Others hear of customers, or nobody does; whole ones are loaded before, or taken afresh.
    """
    consumer = Consumer("newest", topics.DEALER_EVENTS, topics.ACTS, topics.TIMERS)
    consumer.fold(
        stores.customers,
        {CUSTOMER_RECORDED: customers.recorded, CUSTOMER_CHANGED: customers.changed},
        tell=(topics.CRM, crm.CUSTOMER_UPDATED, customers.told) if is_told else (),
        history=False,
        afresh=[CUSTOMER_RECORDED] if is_afresh else (),
    )
    consumer.fold(stores.contacts, {CONTACT_RECORDED: contacts.recorded})
    return consumer
