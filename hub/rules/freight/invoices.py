"""A carrier's bill as a whole: whether it adds up, and how often its number was used."""

from datetime import date, datetime
from typing import NamedTuple

from contracts.freight import FreightInvoiced
from hub.rules.decision import Change, Decision, Facts


class FreightInvoice(NamedTuple):
    """One bill for many shipments; amounts in minor units of its currency. `tellings` counts the bills of that number."""

    currency: str
    net_minor: int
    lines_minor: int
    tax_minor: int
    lines: int
    consignments: int
    issued_at: datetime
    due_on: date | None
    tellings: int


def invoiced(state: FreightInvoice | None, event: FreightInvoiced, _facts: Facts) -> Decision[FreightInvoice]:
    """The first bill of a number counts; another that does not correct it is a duplicate, whose lines the charges dispute."""
    if state is not None:
        return Change(state._replace(tellings=state.tellings + 1))
    return Change(
        FreightInvoice(
            event.currency,
            event.net_minor,
            sum(line.amount_minor for line in event.lines),
            event.tax_minor,
            len(event.lines),
            len({line.consignment for line in event.lines}),
            event.occurred_at,
            event.due_on,
            1,
        )
    )
