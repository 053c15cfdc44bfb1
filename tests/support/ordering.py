"""What the ERP says of orders in tests: short words for whole papers, folded by the rules alone."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts import orders, papers
from contracts.contract import Event, Lineage
from contracts.crm import OPPORTUNITY_UPDATED
from contracts.timers import TIMER_FIRED
from contracts.topics import CRM, ERP_DESPATCH, ERP_ORDERS
from hub.consumers.erp_orders import erp_orders
from hub.rules.basedata import BaseData
from hub.rules.decision import Subject
from hub.rules.folding import Told, fold_all
from hub.rules.open_items import OpenItem
from hub.rules.orders.state import Order
from hub.rules.orders.subjects import of_order
from hub.stream.slips import Stored
from tests.support.engine import Log

DAY = datetime(2026, 5, 4, 6, tzinfo=UTC)
ORDER = "ber-01/O-1#1"
OTHER = "ber-01/O-2#1"
STOCK = "4500200"

READ = (CRM, ERP_ORDERS, ERP_DESPATCH)

Said = tuple[Lineage[Any], dict[str, Any]]


def at(hours: float) -> str:
    """So many hours after the day began."""
    return (DAY + timedelta(hours=hours)).isoformat()


def eur(minor: int, currency: str = "EUR") -> dict[str, Any]:
    """Money."""
    return {"minor": minor, "currency": currency}


def won(hours: float = 0, *, wins: int = 1, before: int = 0, opportunity: str = "O-1", **more: Any) -> Said:
    """What the hub tells of an opportunity."""
    body = {"subject": f"ber-01/{opportunity}", "dealer": "ber-01", "opportunity": opportunity, "status": "won", "stage": "offer"}
    return OPPORTUNITY_UPDATED, {**body, "occurred_at": at(hours), "wins": wins, "wins_before": before, "customer": "C-1", **more}


def accepted(hours: float = 1, *, order: str = ORDER, quantity: int = 3, document: str = "AB-1", **more: Any) -> Said:
    """The ERP takes an order of one line."""
    lines = more.pop("lines", [{"line": "10", "product": "tour-l", "quantity": quantity}])
    return orders.ORDER_ACCEPTED, {"document": document, "order": order, "occurred_at": at(hours), "lines": lines, **more}


def answer(lineage: Lineage[Any], hours: float, document: str, *, order: str = ORDER, **more: Any) -> Said:
    """Anything else that the ERP says of one order."""
    return lineage, {"document": document, "order": order, "occurred_at": at(hours), **more}


def call(number: str, sequence: int, quantity: int, hours: tuple[int, int], line: str = "10") -> dict[str, Any]:
    """A call-off with its window."""
    window = {"window_from": at(hours[0]), "window_minutes": 60 * (hours[1] - hours[0])}
    return {"call": number, "sequence": sequence, "line": line, "quantity": quantity, **window}


def moved(lineage: Lineage[Any], hours: float, document: str, *lines: tuple[str, int], **more: Any) -> Said:
    """A despatch advice or a goods receipt: (order, quantity) for each line `10`."""
    of = [{"order": order, "line": "10", "quantity": quantity, **more.pop("of_each", {})} for order, quantity in lines]
    return lineage, {"document": document, "occurred_at": at(hours), "lines": of, **more}


def despatched(hours: float, document: str, *lines: tuple[str, int], **more: Any) -> Said:
    """On the way."""
    return moved(papers.DELIVERY_DESPATCHED, hours, document, *lines, **more)


def received(hours: float, document: str, *lines: tuple[str, int], **more: Any) -> Said:
    """Arrived."""
    return moved(papers.DELIVERY_RECEIVED, hours, document, *lines, **more)


def invoiced(hours: float, document: str, *lines: tuple[str, int, int], customer: str | None = "C-1", due: str = "2026-06-01") -> Said:
    """An invoice: (order, quantity, net); a fifth of it is what it earns."""
    of = [{"order": order, "line": "10", "quantity": quantity, "net": net, "cost": net - net // 5} for order, quantity, net in lines]
    account = {"dealer": "ber-01", "currency": "EUR", **({"customer": customer} if customer else {})}
    return papers.INVOICE_ISSUED, {"document": document, "occurred_at": at(hours), "due": due, "lines": of, **account}


def credited(hours: float, document: str, invoice: str, *lines: tuple[str, int, int]) -> Said:
    """A credit note: (order, quantity, net)."""
    of = [{"order": order, "line": "10", "quantity": quantity, "net": net} for order, quantity, net in lines]
    account = {"dealer": "ber-01", "customer": "C-1", "currency": "EUR"}
    return papers.INVOICE_CREDITED, {"document": document, "invoice": invoice, "occurred_at": at(hours), "lines": of, **account}


def paid(hours: float, document: str, *lines: tuple[str, str, int], amount: int | None = None, currency: str = "EUR") -> Said:
    """A payment: (invoice, order, amount); all of it is applied unless there is more."""
    of = [{"invoice": invoice, "order": order, "amount": eur(minor, currency)} for invoice, order, minor in lines]
    whole = eur(sum(minor for *_, minor in lines) if amount is None else amount, currency)
    account = {"dealer": "ber-01", "customer": "C-1"}
    return papers.RECEIPT_POSTED, {"document": document, "occurred_at": at(hours), "amount": whole, "lines": of, **account}


def reversed_(hours: float, document: str, receipt: Said) -> Said:
    """The payment did not hold."""
    body = {name: receipt[1][name] for name in ("dealer", "customer", "lines")}
    return papers.RECEIPT_REVERSED, {"document": document, "receipt": receipt[1]["document"], "occurred_at": at(hours), **body}


def fired(due_at: datetime, order: str = ORDER) -> Said:
    """The clock says that the time of something is over."""
    subject = of_order(order)
    named = {"consumer": "erp-orders", "principal": subject.principal, "store": "orders", "subject": subject.ref}
    return TIMER_FIRED, {**named, "due_at": due_at.isoformat(), "occurred_at": due_at.isoformat()}


def told(said: Sequence[Said]) -> list[Told]:
    """As the engine would hand them to rules, in the order given."""
    return [Told(UUID(int=n), 0, lineage, _body(lineage, body), "/erp", f"e{n}") for n, (lineage, body) in enumerate(said, 1)]


def folded(store: str, subject: Subject, said: Sequence[Said], base: BaseData | None = None) -> Any:
    """The state of one subject after all that was said; papers that do not concern it are passed over."""
    declared = erp_orders.stores[store]
    concern = [one for one in told(said) if one.lineage in declared.rules and subject in declared.concerns[one.lineage](one.body, "erp")]
    return fold_all(subject, declared.rules, base or BaseData(), concern).state


def order_of(said: Sequence[Said], order: str = ORDER) -> Order:
    """The order as it stands after all that was said."""
    state = folded("orders", of_order(order), said)
    assert isinstance(state, Order)
    return state


def item_of(said: Sequence[Said], ref: str) -> OpenItem:
    """The open item of an invoice or a receipt."""
    state = folded("open_items", Subject("erp", ref), said)
    assert isinstance(state, OpenItem)
    return state


def _body(lineage: Lineage[Any], body: dict[str, Any]) -> Event:

    decoded: Event = lineage.decode(1, json.dumps(body).encode())
    return decoded


def write(log: Log, said: Sequence[Said], prefix: str = "e", **how: Any) -> list[Stored]:
    """The same on the topics that carry it, each with an id of its own."""
    return [
        log.say(
            lineage,
            body,
            id=f"{prefix}{n}",
            topic=next(topic.name for topic in READ if lineage in topic.types),
            source="/hub/crm-sync" if lineage is OPPORTUNITY_UPDATED else "/erp/finance",
            **how,
        )
        for n, (lineage, body) in enumerate(said, 1)
    ]
