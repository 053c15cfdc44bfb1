"""Tell others what became of deliveries, through the outbox of the transaction in which it is noted."""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from pydantic_core import to_json

from contracts import topics
from contracts.deliveries import DELIVERY_UPDATED, DeliveryUpdated
from contracts.values import Money
from hub.rules.decision import dealer_of
from hub.state import outbox
from hub.state.outcomes import Retold
from hub.state.segments import Said
from hub.state.store import Connection

_NAMES = uuid5(NAMESPACE_URL, "urn:hub:courier")


async def tell(connection: Connection, retold: Sequence[Retold]) -> None:
    """Each as it stands now; the event's id follows from the delivery and its revision."""
    if retold:
        await outbox.insert(connection, "courier", [_said(one) for one in retold])


def _said(one: Retold) -> Said:
    cost = None if one.cost_minor is None or one.currency is None else Money(minor=one.cost_minor, currency=one.currency)
    body = DeliveryUpdated.model_construct(
        occurred_at=one.changed_at,
        revision=one.revision,
        delivery=str(one.id),
        state=one.state,
        reason=one.reason,
        dealer=dealer_of(one.principal),
        person_kind=one.person_kind,
        person=one.person,
        purpose=one.purpose,
        grantee=one.grantee,
        template=one.template,
        channel=one.channel,
        campaign=one.campaign,
        documents=tuple(one.documents),
        attempts=one.attempts,
        provider=one.provider,
        reference=one.provider_ref,
        segments=one.segments,
        cost=cost,
    )
    event_id = uuid5(_NAMES, f"{one.id}|{one.revision}")
    return Said(topics.DELIVERIES.name, str(one.id), DELIVERY_UPDATED.wire, event_id, str(one.id), to_json(body, exclude_none=True))
