"""Every event type by its wire name, whatever topic carries it."""

import re
from typing import Any

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
from contracts.contract import Finding, Invalid, Lineage, wire_type

LINEAGES: tuple[Lineage[Any], ...] = (
    *base.LINEAGES,
    *customers.LINEAGES,
    *contacts.LINEAGES,
    *leads.LINEAGES,
    *opportunities.LINEAGES,
    *consents.LINEAGES,
    *complaints.LINEAGES,
    *reports.LINEAGES,
    *orders.LINEAGES,
    *papers.LINEAGES,
    *accounts.LINEAGES,
    *activities.LINEAGES,
    *vehicles.LINEAGES,
    *reminders.LINEAGES,
    *records.LINEAGES,
    *timers.LINEAGES,
    *acts.LINEAGES,
    *crm.LINEAGES,
    *deliveries.LINEAGES,
    *shipments.LINEAGES,
    *freight.LINEAGES,
    *campaigns.LINEAGES,
)
BY_NAME = {lineage.name: lineage for lineage in LINEAGES}

_BY_WIRE = {wire_type(lineage.name, version): (lineage, version) for lineage in LINEAGES for version in range(1, len(lineage.editions) + 1)}

_WIRE = re.compile(r"hub\.([a-z_]+\.[a-z_]+)\.v([1-9][0-9]{0,3})\Z")


class NewerVersion(Exception):  # noqa: N818 - not an error of the record: this process is the older one
    """A version that this process does not know yet: the record waits for a newer process."""


def lookup(wire: str) -> tuple[Lineage[Any], int]:
    """The lineage and version of a wire type; raises Invalid for a stranger, NewerVersion for one from the future."""
    known = _BY_WIRE.get(wire)
    if known is not None:
        return known
    match = _WIRE.match(wire)
    lineage = BY_NAME.get(match[1]) if match else None
    if lineage is None or match is None:
        raise Invalid("unknown_type", Finding("type", "an event type of the catalogue (hub contracts list)"))
    version = int(match[2])
    if version > len(lineage.editions):
        raise NewerVersion(wire)
    return lineage, version
