"""Ask the ERP for what was won, and keep orders and open items in step with what it answers."""

from contracts import accounts, crm, orders, papers, topics
from contracts.timers import TIMER_FIRED
from hub.rules import open_items
from hub.rules.decision import Rules
from hub.rules.orders import answers, missing, shares, subjects, told
from hub.state import stores
from hub.stream.consumer import Consumer

erp_orders = Consumer("erp-orders", topics.CRM, topics.ERP_ORDERS, topics.ERP_DESPATCH, topics.ACTS, topics.TIMERS, using=("paper_terms",))

_OF_ONE: Rules = {
    orders.ORDER_ACCEPTED: answers.accepted,
    orders.ORDER_REJECTED: answers.rejected,
    orders.ORDER_CHANGED: answers.changed,
    orders.ORDER_SCHEDULED: answers.scheduled,
    orders.ORDER_PROGRESSED: answers.progressed,
    orders.ORDER_CANCELLED: answers.cancelled,
    orders.ORDER_COMPLETED: answers.completed,
}
_OF_MANY: Rules = {
    papers.DELIVERY_DESPATCHED: shares.despatched,
    papers.DELIVERY_RECEIVED: shares.received,
    papers.INVOICE_ISSUED: shares.invoiced,
    papers.INVOICE_CREDITED: shares.credited,
    papers.RECEIPT_POSTED: shares.paid,
    papers.RECEIPT_REVERSED: shares.taken_back,
}
_OF_ACCOUNTS: Rules = {
    papers.INVOICE_ISSUED: open_items.issued,
    papers.INVOICE_CREDITED: open_items.credited,
    papers.RECEIPT_POSTED: open_items.paid,
    papers.RECEIPT_REVERSED: open_items.taken_back,
}

erp_orders.fold(
    stores.orders,
    {crm.OPPORTUNITY_UPDATED: answers.won, **_OF_ONE, **_OF_MANY, TIMER_FIRED: missing.looked_at},
    concerns={
        crm.OPPORTUNITY_UPDATED: subjects.of_wins,
        **dict.fromkeys(_OF_ONE, subjects.of_answer),
        **dict.fromkeys(_OF_MANY, subjects.of_lines),
    },
    tell=(
        (topics.ERP_REQUESTS, orders.ORDER_REQUESTED, told.requested),
        (topics.ERP_REQUESTS, orders.ORDER_CANCELLATION_REQUESTED, told.taken_back),
        (topics.ORDERS, orders.ORDER_UPDATED, told.updated),
        (topics.DEALER_FEED, orders.ORDER_UPDATED, told.updated, told.whose),
        (topics.ALERTS, orders.PAPER_MISSED, told.missed),
        (topics.ALERTS, orders.PAPER_CLEARED, told.cleared),
    ),
    notices=told.notices,
    timer=missing.watch_at,
)
erp_orders.fold(
    stores.open_items,
    _OF_ACCOUNTS,
    concerns=dict.fromkeys(_OF_ACCOUNTS, subjects.of_account),
    tell=(topics.ORDERS, accounts.OPEN_ITEM_UPDATED, open_items.told),
)
