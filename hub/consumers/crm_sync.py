"""Keep customers, contacts, leads, opportunities and complaints in step with what dealers and the OEM say of them."""

from contracts import complaints as complaint_events
from contracts import contacts as contact_events
from contracts import crm, topics
from contracts import customers as customer_events
from contracts import leads as lead_events
from contracts import opportunities as opportunity_events
from contracts.reminders import ACTIVITY_REPORTED
from hub.rules import complaints, contacts, customers, leads, opportunities
from hub.state import stores
from hub.stream.consumer import Consumer

crm_sync = Consumer(
    "crm-sync",
    topics.DEALER_EVENTS,
    topics.OEM_CRM,
    topics.REMINDERS,
    topics.ACTS,
    topics.TIMERS,
    using=("sales_model", "loss_reason", "competitor", "complaint_terms", "calendar", "dealer"),
)

crm_sync.fold(
    stores.customers,
    {
        customer_events.CUSTOMER_RECORDED: customers.recorded,
        customer_events.CUSTOMER_CHANGED: customers.changed,
        customer_events.CUSTOMER_CLASSIFIED: customers.classified,
        customer_events.CUSTOMER_ASSIGNED: customers.assigned,
    },
    tell=(topics.CRM, crm.CUSTOMER_UPDATED, customers.told),
)
crm_sync.fold(
    stores.contacts,
    {
        contact_events.CONTACT_RECORDED: contacts.recorded,
        contact_events.CONTACT_MOVED: contacts.moved,
        contact_events.CONTACT_LEFT: contacts.left,
        contact_events.CONTACT_REPORTS_TO: contacts.reports_to,
    },
    tell=(topics.CRM, crm.CONTACT_UPDATED, contacts.told),
)
crm_sync.fold(
    stores.leads,
    {
        lead_events.LEAD_RECEIVED: leads.received,
        lead_events.LEAD_ANSWERED: leads.answered,
        lead_events.LEAD_PROMOTED: leads.promoted,
        lead_events.LEAD_DROPPED: leads.dropped,
        ACTIVITY_REPORTED: leads.answered,
    },
    concerns={ACTIVITY_REPORTED: leads.of_report},
    tell=(topics.CRM, crm.LEAD_UPDATED, leads.told),
)
crm_sync.fold(
    stores.opportunities,
    {
        opportunity_events.OPPORTUNITY_OPENED: opportunities.opened,
        opportunity_events.OPPORTUNITY_MOVED: opportunities.moved,
        opportunity_events.OPPORTUNITY_WON: opportunities.won,
        opportunity_events.OPPORTUNITY_LOST: opportunities.lost,
        opportunity_events.OPPORTUNITY_REOPENED: opportunities.reopened,
        ACTIVITY_REPORTED: opportunities.activity_reported,
    },
    concerns={ACTIVITY_REPORTED: opportunities.of_report},
    tell=(topics.CRM, crm.OPPORTUNITY_UPDATED, opportunities.told),
)
crm_sync.fold(
    stores.complaints,
    {
        complaint_events.COMPLAINT_RECEIVED: complaints.received,
        complaint_events.COMPLAINT_ASSIGNED: complaints.assigned,
        complaint_events.COMPLAINT_ANSWERED: complaints.answered,
        complaint_events.COMPLAINT_CLOSED: complaints.closed,
        complaint_events.COMPLAINT_REOPENED: complaints.reopened,
        ACTIVITY_REPORTED: complaints.reported,
    },
    concerns={ACTIVITY_REPORTED: complaints.of_report},
    tell=(topics.CRM, crm.COMPLAINT_UPDATED, complaints.told),
)
