"""The catalogue: every topic, what it carries, who owns it, how long it keeps."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from contracts import (
    accounts,
    activities,
    acts,
    base,
    campaigns,
    complaints,
    consents,
    contacts,
    crm,
    customers,
    deliveries,
    freight,
    leads,
    opportunities,
    orders,
    papers,
    records,
    reminders,
    reports,
    shipments,
    timers,
    vehicles,
)
from contracts.contract import Lineage

Party = Literal["oem", "dealer", "carrier", "erp", "hub"]

_ID = "[a-z0-9-]{1,40}"
_PARTNER_ID = re.compile(rf"{_ID}\Z")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, or one per partner where `name` holds `{id}`.

    `owner` is the party that the broker lets write, `reader` the partner that may read beside the hub.
    `key` says what the record key is; keys of partitioned topics keep a subject's records in order.
    `retention` of None keeps for ever.
    """

    name: str
    carries: str
    owner: Party
    key: str
    types: tuple[Lineage[Any], ...] = ()
    reader: Party | None = None
    partitions: int = 4
    retention: timedelta | None = timedelta(days=90)
    is_compacted: bool = False

    @property
    def is_per_partner(self) -> bool:
        """Whether each dealer or carrier has one of its own."""
        return "{id}" in self.name

    @property
    def partner_kind(self) -> Party | None:
        """The kind of partner that this topic belongs to, if to one."""
        match self.name.split(".", 1)[0]:
            case "dealer" | "carrier" | "erp" as kind:
                return kind
            case _:
                return None

    @property
    def pattern(self) -> str:
        """A regular expression for the topic's names, without anchors."""
        return re.escape(self.name).replace(r"\{id\}", _ID)

    def of(self, partner: str) -> str:
        """The topic of one partner; raises ValueError where the id cannot be part of a topic."""
        if not _PARTNER_ID.match(partner):
            raise ValueError(f"{partner!r}: a partner's id is 1 to 40 of a-z, 0-9 and -")
        return self.name.replace("{id}", partner)

    def principal(self, name: str) -> str:
        """Who wrote what stands in the topic of that name: `dealer:ber-01`, `erp`, `oem`, `hub`."""
        return f"{self.owner}:{name.split('.')[1]}" if self.is_per_partner and self.owner in {"dealer", "carrier"} else self.owner


OEM_BASE = Topic("oem.base", "base data", "oem", "kind/id@effective day", base.LINEAGES, partitions=1, retention=None, is_compacted=True)
OEM_CRM = Topic(
    "oem.crm",
    "leads from web, fairs and call centre; consents and complaints taken by the OEM",
    "oem",
    "subject's ref",
    (*leads.LINEAGES, *consents.SAID, *complaints.LINEAGES),
)
OEM_CAMPAIGNS = Topic(
    "oem.campaigns",
    "campaigns prepared, released, paused; single messages",
    "oem",
    "campaign or message id",
    campaigns.LINEAGES,
    retention=None,
)
DEALER_EVENTS = Topic(
    "dealer.{id}.events",
    "all that a dealer says",
    "dealer",
    "subject's ref",
    (
        *customers.LINEAGES,
        *contacts.LINEAGES,
        *leads.LINEAGES,
        *opportunities.LINEAGES,
        *consents.SAID,
        *complaints.LINEAGES,
        *activities.LINEAGES,
        *vehicles.LINEAGES,
        *reminders.ANSWERS,
    ),
    partitions=1,  # a dealer's own order is kept
    retention=None,  # the hub's state can be folded again from the log's start
)
DEALER_FEED = Topic(
    "dealer.{id}.feed",
    "all that concerns one dealer",
    "hub",
    "subject",
    (*records.LINEAGES, orders.ORDER_UPDATED, consents.CONSENT_UPDATED, *reminders.TOLD, shipments.SHIPMENT_UPDATED),
    reader="dealer",
    partitions=1,
)
ERP_ORDERS = Topic(
    "erp.orders",
    "order answers, schedule, progress, invoices, receipts",
    "erp",
    "document number",
    (*orders.ANSWERS, *papers.ACCOUNTS),
    retention=None,
)
ERP_DESPATCH = Topic("erp.despatch", "despatch advices, goods receipts", "erp", "document number", papers.DELIVERIES, retention=None)
CARRIER_TRACKING = Topic(
    "carrier.{id}.tracking",
    "status, estimated arrival, position, proof of delivery",
    "carrier",
    "consignment",
    shipments.TRACKING,
    partitions=1,
)
CARRIER_FREIGHT = Topic(
    "carrier.{id}.freight",
    "quotes, freight invoices, credit notes, dispute answers",
    "carrier",
    "carrier's reference",
    freight.FROM_CARRIERS,
    partitions=1,
    retention=None,
)
CARRIER_REQUESTS = Topic(
    "carrier.{id}.requests", "disputes", "hub", "consignment or invoice", freight.TO_CARRIERS, reader="carrier", partitions=1
)
ERP_REQUESTS = Topic("hub.erp.requests", "orders from won opportunities, cancellations", "hub", "order id", orders.REQUESTS, reader="erp")
ACTS = Topic("hub.acts", "every operator's act", "hub", "subject", acts.LINEAGES, partitions=1, retention=None)
TIMERS = Topic("hub.timers", "every timer that fired", "hub", "subject", timers.LINEAGES, retention=None)
REPORTS = Topic("hub.reports", "what providers and recipients report", "hub", "delivery or address", reports.LINEAGES, retention=None)
CRM = Topic("hub.crm", "what changed in customers, contacts, leads, opportunities, complaints", "hub", "subject", crm.LINEAGES)
ORDERS = Topic(
    "hub.orders",
    "what changed in orders: answers, progress, quantities; in open items: what is to be paid",
    "hub",
    "subject",
    (orders.ORDER_UPDATED, *accounts.LINEAGES),
)
SHIPMENTS = Topic("hub.shipments", "what changed in shipments", "hub", "subject", (shipments.SHIPMENT_UPDATED,))
FREIGHT = Topic("hub.freight", "what changed in freight charges", "hub", "subject", (freight.CHARGE_UPDATED,))
REMINDERS = Topic("hub.reminders", "what is due, and what became of it", "hub", "subject", (*reminders.TOLD, reminders.ACTIVITY_REPORTED))
DELIVERIES = Topic("hub.deliveries", "what became of messages to people", "hub", "delivery", deliveries.LINEAGES)
ALERTS = Topic("hub.alerts", "what somebody should look at", "hub", "subject", orders.ALERTS)

CATALOGUE: tuple[Topic, ...] = tuple(topic for topic in list(globals().values()) if isinstance(topic, Topic))


def find(name: str) -> Topic | None:
    """The catalogue's entry for a topic's name; None for a topic that is not the hub's."""
    return next((topic for topic in CATALOGUE if re.fullmatch(topic.pattern, name)), None)
