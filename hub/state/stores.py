"""Every store of subjects' states, with the indexes that its pages need."""

from hub.rules.activities import Activity
from hub.rules.agendas import Agenda
from hub.rules.base import Edition
from hub.rules.campaigns import Campaign
from hub.rules.complaints import Complaint
from hub.rules.consents import Consent
from hub.rules.contacts import Contact
from hub.rules.customers import Customer
from hub.rules.delivery_reports import DeliveryReport
from hub.rules.freight.charge import Charge
from hub.rules.freight.invoices import FreightInvoice
from hub.rules.leads import Lead
from hub.rules.messages import Message
from hub.rules.occasions.occasion import Occasion
from hub.rules.odometer_readings import OdometerReading
from hub.rules.open_items import OpenItem
from hub.rules.opportunities import Opportunity
from hub.rules.orders.state import Order
from hub.rules.shipments import Position, Shipment
from hub.rules.suppressions import Suppression
from hub.rules.vehicles import Vehicle
from hub.state.store import Store

base_data = Store("base_data", Edition, ("kind", "id"))
customers = Store("customers", Customer)
contacts = Store("contacts", Contact, ("principal", "customer"))
leads = Store("leads", Lead, ("principal", "customer"))
complaints = Store("complaints", Complaint, ("whose", "customer"), ("due_at",))
opportunities = Store("opportunities", Opportunity, ("principal", "customer"))
consents = Store("consents", Consent, ("principal", "person"))
suppressions = Store("suppressions", Suppression, ("address",))
delivery_reports = Store("delivery_reports", DeliveryReport)
orders = Store("orders", Order, ("dealer", "opportunity"), ("dealer", "customer"), ("due_at",), ("missing_since",))
open_items = Store("open_items", OpenItem, ("dealer", "customer"))
shipments = Store("shipments", Shipment, ("status", "heard_at"))
shipment_positions = Store("shipment_positions", Position)
freight_charges = Store("freight_charges", Charge, ("status",), ("lane",))
freight_invoices = Store("freight_invoices", FreightInvoice)
vehicles = Store(
    *("vehicles", Vehicle, ("dealer", "due_on"), ("dealer", "customer"), ("purchase",)), stepping=("reminders", "next_at", "as_of")
)
odometer_readings = Store("odometer_readings", OdometerReading, ("vin",))
activities = Store("activities", Activity, ("principal", "belongs_kind", "belongs_ref"))
agendas = Store("agendas", Agenda)
occasions = Store("occasions", Occasion, ("dealer", "due_on"))
campaigns = Store("campaigns", Campaign)
messages = Store("messages", Message, ("campaign",))

STORES = {
    store.name: store
    for store in (
        *(base_data, customers, contacts, leads, opportunities, complaints, consents, suppressions, delivery_reports, orders, open_items),
        *(shipments, shipment_positions, freight_charges, freight_invoices),
        *(vehicles, odometer_readings, activities, agendas, occasions, campaigns, messages),
    )
}
