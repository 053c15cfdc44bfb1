"""Tell others what became of deliveries, through the outbox of the transaction in which it is noted."""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

import orjson

from contracts import topics
from contracts.deliveries import DELIVERY_UPDATED
from hub.names import version5
from hub.rules.decision import dealer_of
from hub.state import outbox
from hub.state.outcomes import Retold
from hub.state.segments import Said
from hub.state.store import Connection

_NAMES = uuid5(NAMESPACE_URL, "urn:hub:courier").bytes


async def tell(connection: Connection, retold: Sequence[Retold]) -> None:
    """Each as it stands now; the event's id follows from the delivery and its revision."""
    if retold:
        await outbox.insert(connection, "courier", [said_of(one) for one in retold])


def said_of(one: Retold) -> Said:
    """A `DeliveryUpdated` as its contract writes it, without a model in between: that took as long as the mail's own words."""
    cost = None if one.cost_minor is None or one.currency is None else {"minor": one.cost_minor, "currency": one.currency}
    body = {
        "occurred_at": one.changed_at,
        "revision": one.revision,
        "delivery": (name := str(one.id)),
        "state": one.state,
        "reason": one.reason,
        "dealer": dealer_of(one.principal),
        "person_kind": one.person_kind,
        "person": one.person,
        "purpose": one.purpose,
        "grantee": one.grantee,
        "template": one.template,
        "channel": one.channel,
        "campaign": one.campaign,
        "documents": one.documents,
        "attempts": one.attempts,
        "provider": one.provider,
        "reference": one.provider_ref,
        "segments": one.segments,
        "cost": cost,
    }
    said = orjson.dumps({field: value for field, value in body.items() if value is not None}, option=orjson.OPT_UTC_Z)
    return Said(topics.DELIVERIES.name, name, DELIVERY_UPDATED.wire, version5(_NAMES, f"{name}|{one.revision}"), name, said)
