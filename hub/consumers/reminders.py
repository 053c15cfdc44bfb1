"""Remind dealers and their customers in time: of services, of activities, of sales that grow old, of days that somebody named."""

from collections.abc import Sequence

from contracts import activities as activity_events
from contracts import crm, topics
from contracts import reminders as reminder_events
from contracts import vehicles as vehicle_events
from contracts.accounts import OPEN_ITEM_UPDATED
from contracts.timers import TIMER_FIRED
from hub.rules import activities, agendas, odometer_readings, reminding, vehicles
from hub.rules.decision import Tell
from hub.rules.occasions import cars, dunning, occasion
from hub.rules.occasions import told as occasion_told
from hub.state import stores
from hub.stream.consumer import Consumer, Tells

reminders = Consumer(
    "reminders",
    *(topics.DEALER_EVENTS, topics.CRM, topics.ORDERS, topics.ACTS, topics.TIMERS),
    using=("service_plan", "reminder_plan", "sales_model", "calendar", "dealer"),
)


def _tells(over: Tell, due: Tell) -> Sequence[Tells]:
    """To everybody who may know, and on the feed of the dealer whom it concerns."""
    closed, said = reminder_events.REMINDER_CLOSED, reminder_events.REMINDER_DUE
    return [
        (topics.REMINDERS, closed, over),
        (topics.REMINDERS, said, due),
        (topics.DEALER_FEED, closed, over, reminding.whose),
        (topics.DEALER_FEED, said, due, reminding.whose),
    ]


reminders.fold(
    stores.vehicles,
    {
        vehicle_events.VEHICLE_HANDED_OVER: vehicles.handed_over,
        vehicle_events.VEHICLE_SOLD_ON: vehicles.sold_on,
        vehicle_events.SERVICE_VISITED: vehicles.visited,
        vehicle_events.ODOMETER_READ: vehicles.odometer_read,
        reminder_events.REMINDER_ANSWERED: vehicles.reminder_answered,
        activity_events.ACTIVITY_DONE: vehicles.activity_done,
        TIMER_FIRED: vehicles.timer_fired,
    },
    concerns={
        **dict.fromkeys((*vehicle_events.LINEAGES, reminder_events.REMINDER_ANSWERED), vehicles.of_vin),
        activity_events.ACTIVITY_DONE: vehicles.of_reminder,
    },
    tell=_tells(reminding.over_of_vehicle, reminding.due_of_vehicle),
    notices=reminding.to_holder,
    timer=vehicles.next_step,
)
reminders.fold(
    stores.odometer_readings,
    dict.fromkeys(vehicle_events.LINEAGES, odometer_readings.read),
    concerns=dict.fromkeys(vehicle_events.LINEAGES, odometer_readings.of_moment),
)
reminders.fold(
    stores.activities,
    {
        activity_events.ACTIVITY_PLANNED: activities.planned,
        activity_events.ACTIVITY_RESCHEDULED: activities.rescheduled,
        activity_events.ACTIVITY_DONE: activities.done,
        activity_events.ACTIVITY_CANCELLED: activities.cancelled,
    },
    tell=(topics.REMINDERS, reminder_events.ACTIVITY_REPORTED, activities.reported),
)
reminders.fold(
    stores.agendas,
    {
        activity_events.ACTIVITY_PLANNED: agendas.activity_planned,
        activity_events.ACTIVITY_RESCHEDULED: agendas.activity_rescheduled,
        activity_events.ACTIVITY_DONE: agendas.activity_over,
        activity_events.ACTIVITY_CANCELLED: agendas.activity_over,
        crm.OPPORTUNITY_UPDATED: agendas.opportunity_updated,
        crm.LEAD_UPDATED: agendas.lead_updated,
        crm.COMPLAINT_UPDATED: agendas.complaint_updated,
        TIMER_FIRED: agendas.timer_fired,
    },
    concerns={
        **dict.fromkeys(activity_events.LINEAGES, agendas.of_record),
        crm.OPPORTUNITY_UPDATED: agendas.of_opportunity,
        crm.LEAD_UPDATED: agendas.of_lead,
        crm.COMPLAINT_UPDATED: agendas.of_complaint,
    },
    tell=_tells(reminding.over_of_agenda, reminding.due_of_agenda),
    timer=agendas.next_step,
)
reminders.fold(
    stores.occasions,
    {
        OPEN_ITEM_UPDATED: dunning.item_updated,
        vehicle_events.VEHICLE_HANDED_OVER: cars.handed_over,
        vehicle_events.VEHICLE_SOLD_ON: cars.sold_on,
        TIMER_FIRED: occasion.timer_fired,
    },
    concerns={
        OPEN_ITEM_UPDATED: dunning.of_invoice,
        vehicle_events.VEHICLE_HANDED_OVER: cars.of_car,
        vehicle_events.VEHICLE_SOLD_ON: cars.of_car,
    },
    tell=_tells(occasion_told.over, occasion_told.due),
    notices=occasion_told.notices,
    timer=occasion.next_step,
)
