"""Reports: what providers and recipients let us know of what was sent, as the hub's door heard it."""

from contracts.contract import Lineage
from contracts.reports.v1 import (
    AddressBounced,
    DeliveryReported,
    ProviderStatus,
    RecipientComplained,
    RecipientOptedIn,
    RecipientOptedOut,
    RecipientUnsubscribed,
)

DELIVERY_REPORTED = Lineage("delivery.reported", DeliveryReported, kind="delivery")
ADDRESS_BOUNCED = Lineage("address.bounced", AddressBounced, kind="address")
RECIPIENT_OPTED_OUT = Lineage("recipient.opted_out", RecipientOptedOut, kind="address", pressing=True)
RECIPIENT_OPTED_IN = Lineage("recipient.opted_in", RecipientOptedIn, kind="address")
RECIPIENT_COMPLAINED = Lineage("recipient.complained", RecipientComplained, kind="address", pressing=True)
RECIPIENT_UNSUBSCRIBED = Lineage("recipient.unsubscribed", RecipientUnsubscribed, kind="delivery", pressing=True)

LINEAGES = (
    DELIVERY_REPORTED,
    ADDRESS_BOUNCED,
    RECIPIENT_OPTED_OUT,
    RECIPIENT_OPTED_IN,
    RECIPIENT_COMPLAINED,
    RECIPIENT_UNSUBSCRIBED,
)

__all__ = [
    "ADDRESS_BOUNCED",
    "DELIVERY_REPORTED",
    "LINEAGES",
    "RECIPIENT_COMPLAINED",
    "RECIPIENT_OPTED_IN",
    "RECIPIENT_OPTED_OUT",
    "RECIPIENT_UNSUBSCRIBED",
    "AddressBounced",
    "DeliveryReported",
    "ProviderStatus",
    "RecipientComplained",
    "RecipientOptedIn",
    "RecipientOptedOut",
    "RecipientUnsubscribed",
]
