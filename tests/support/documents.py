"""Documents that concern several subjects, in tests of the engine: each line names a lot, whoever says it.

They are dressed as events that there are: a document is a `customer.classified` whose segments are its lines, a lot is opened
by a `lead.received`. A line `x-a` is refused for lot a, `w-a` waits until it is opened, `k-a` is kept until then, and `from_other` belongs
to no lot.
"""

from collections.abc import Iterable
from typing import Any

from contracts import topics
from contracts.customers import CUSTOMER_CLASSIFIED, CustomerClassified
from contracts.leads import LEAD_RECEIVED, LeadReceived
from hub.rules.contacts import Contact
from hub.rules.decision import Change, Decision, Facts, Keep, Reject, Subject, Wait
from hub.state import stores
from hub.stream.consumer import Consumer
from hub.stream.slips import Stored
from tests.support.crm import after
from tests.support.engine import Log

NOBODY = "nobody"


def lot(ref: str) -> Subject:
    """The subject in which everybody's words meet."""
    return Subject("lot", ref)


def lots(event: CustomerClassified, _principal: str) -> Iterable[Subject]:
    """The lots that a document's lines name."""
    return [lot(line.rpartition("-")[2]) for line in event.segments if line != NOBODY]


def _lines(event: CustomerClassified, facts: Facts) -> list[str]:
    return [line for line in event.segments if line.rpartition("-")[2] == facts.subject.ref]


def _grown(state: Contact | None, word: str) -> Contact:
    """Everything that counted, in its order."""
    return Contact("", f"{state.name} {word}" if state else word, None, None, None, None, None, True)


def listed(state: Contact | None, event: CustomerClassified, facts: Facts) -> Decision[Contact]:
    """A document's lines of one lot."""
    lines = _lines(event, facts)
    if any(line.startswith("x-") for line in lines):
        return Reject("segments", f"lines that lot {facts.subject.ref} can take")
    if state is None and any(line.startswith("w-") for line in lines):
        return Wait("lot", facts.subject.ref)
    if state is None and any(line.startswith("k-") for line in lines):
        return Keep("there is no such lot yet")
    return Change(_grown(state, f"{event.customer}@{event.occurred_at.hour}"))


def opened(state: Contact | None, event: LeadReceived, _facts: Facts) -> Decision[Contact]:
    """A lot, opened under the name of whoever does so."""
    return Change(_grown(state, f"{event.name}@{event.occurred_at.hour}"))


def consumer(**how: Any) -> Consumer:
    """Keeps lots; its name is one that acts can be meant for."""
    made = Consumer("crm-sync", topics.DEALER_EVENTS, topics.OEM_CRM, topics.ACTS, topics.TIMERS)
    made.fold(
        stores.contacts,
        {CUSTOMER_CLASSIFIED: listed, LEAD_RECEIVED: opened},
        concerns={CUSTOMER_CLASSIFIED: lots, LEAD_RECEIVED: lambda event, _principal: [lot(event.lead)]},
        **how,
    )
    return made


class Desk:
    """Says documents of one partner: a dealer, or the OEM."""

    def __init__(self, log: Log, dealer: str = "ber-001") -> None:
        self.log, self.dealer = log, dealer

    def says(self, number: str, *lines: str, hour: int = 1, id: str | None = None, **more: Any) -> Stored:  # noqa: A002 - the CloudEvents attribute
        """A document by its number."""
        body = {"customer": number, "status": "active", "segments": lines, "occurred_at": after(hour - 12)}
        historical = more.pop("historical", False)
        return self.log.say(CUSTOMER_CLASSIFIED, body | more, id=id or f"{number}-{hour}", dealer=self.dealer, historical=historical)

    def opens(self, ref: str, *, hour: int = 0, id: str | None = None, **more: Any) -> Stored:  # noqa: A002 - the CloudEvents attribute
        """A lot."""
        body = {"lead": ref, "name": self.dealer, "occurred_at": after(hour - 12)}
        historical = more.pop("historical", False)
        where = {"topic": topics.OEM_CRM.name, "source": "/oem/web"} if self.dealer == "oem" else {}
        return self.log.say(LEAD_RECEIVED, body | more, id=id or f"{ref}-{hour}", dealer=self.dealer, historical=historical, **where)
