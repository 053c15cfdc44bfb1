"""Look at orders: which there are, how one is carried out, how an opportunity is, what customers owe."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, get_args

from contracts.orders import OrderStatus, Paper
from hub.consumers.erp_orders import erp_orders
from hub.errors import InputError
from hub.operations import state_view
from hub.operations.show import Several, find
from hub.operations.timeline import Happening, follow
from hub.rules.masking import mask_reference
from hub.rules.open_items import OpenItem
from hub.rules.orders.execution import Execution, execution
from hub.rules.orders.subjects import of_order, order_id
from hub.state import order_desk, timelines
from hub.state.order_desk import ANY, Adherence, Listed, Receivable, Wanted
from hub.state.reading import snapshot
from hub.state.stores import STORES

STATUSES: tuple[str, ...] = get_args(OrderStatus)
_HOURS_TOLD = 48
PAPERS: tuple[str, ...] = get_args(Paper)


class ShownOrder(NamedTuple):
    """One order: how it is carried out, and its story."""

    order: str
    execution: Execution
    timeline: list[Happening]


class Executed(NamedTuple):
    """An opportunity and how what was won is carried out; `stage` and `wins` are those of the opportunity."""

    dealer: str
    opportunity: str
    status: str | None
    stage: str | None
    wins: int
    execution: Execution


class Receivables(NamedTuple):
    """What customers owe as of a day, and if asked for the items it consists of."""

    day: date
    customers: Sequence[Receivable]
    items: list[dict[str, Any]]


async def listed(
    url: str,
    *,
    states: Sequence[str] = (),
    dealer: str | None = None,
    customer: str | None = None,
    is_late: bool = False,
    missing: str | None = None,
    most: int = 200,
) -> list[Listed]:
    """Orders by what is due first, or missing for longest; raises InputError for a state or a paper that no order can have."""
    if missing is not None and missing not in {*PAPERS, ANY}:
        raise InputError("--missing", f"one of {', '.join((*PAPERS, ANY))}", missing)
    for state in states:
        if state not in STATUSES:
            raise InputError("--state", f"one of {', '.join(STATUSES)}", state)
    async with snapshot(url) as look:
        found = await order_desk.listed(look, Wanted(tuple(states) or None, dealer, customer, is_late, missing), most)
    return [one._replace(customer=mask_reference(one.customer), product=state_view.masked("product", one.product)) for one in found]


def missing_for(missing: Sequence[dict[str, Any]], now: datetime | None = None) -> list[str]:
    """Each missing paper and for how long: in hours for two days, then in days."""
    words = []
    for one in missing:
        hours = int(((now or datetime.now(UTC)) - datetime.fromisoformat(one["due_at"])).total_seconds() // 3600)
        words.append(f"{one['paper'].replace('_', ' ')} {f'{hours} h' if hours < _HOURS_TOLD else f'{hours // 24} days'}")
    return words


async def shown(url: str, ref: str) -> ShownOrder:
    """One order by the hub's id or the ERP's own number; raises InputError where nobody said anything of it."""
    subject = of_order(ref)
    async with snapshot(url) as look:
        standing, story = await follow(look, erp_orders, "orders", subject)
        if standing is None:
            raise InputError("ID", "an order that was asked for or that the ERP told of: DEALER/OPPORTUNITY#WIN, or the ERP's number", ref)
    return ShownOrder(ref, _masked(execution([(order_id(subject), standing.state)])), story)


async def executed(url: str, ref: str, *, dealer: str | None = None) -> Executed | Several:
    """How an opportunity is carried out, or whose it may be where several dealers use the reference."""
    async with snapshot(url) as look:
        subject = await find(look, "opportunity", ref, dealer)
        if isinstance(subject, Several):
            return subject
        standing = await timelines.standing(look, STORES["opportunities"], subject)
        found = await order_desk.of_opportunity(look, subject.dealer, subject.ref)
    ordered = [(f"{subject.dealer}/{ref}", order) for (_, ref), order in found]
    state = standing.state if standing else None
    return Executed(
        subject.dealer,
        subject.ref,
        state.status if state else None,
        state.stage if state else None,
        state.wins if state else 0,
        _masked(execution(ordered)),
    )


async def windows(url: str, *, dealer: str | None = None, since: date | None = None, until: date | None = None) -> list[Adherence]:
    """How call-offs kept to their windows, of those that end in a period (UTC days, both included)."""
    if since and until and since > until:
        raise InputError("--from", "a day not after --until", since.isoformat())
    async with snapshot(url) as look:
        return await order_desk.adherence(look, dealer, since, until)


async def receivables(
    url: str, *, dealer: str | None = None, customer: str | None = None, day: date | None = None, with_items: bool = False
) -> Receivables:
    """What is open and overdue by customer, as of a day (today in UTC, unless said otherwise)."""
    today = day or datetime.now(UTC).date()
    async with snapshot(url) as look:
        rows = await order_desk.receivables(look, today, dealer, customer)
        found = await order_desk.items(look, dealer, customer) if with_items else []
    return Receivables(today, [row._replace(customer=mask_reference(row.customer)) for row in rows], [_item(item, today) for item in found])


def _item(item: OpenItem, today: date) -> dict[str, Any]:
    shown = ("kind", "document", "dealer", "issued_at", "due", "currency", "amount_minor", "credited_minor", "paid_minor", "open_minor")
    days = (today - item.due).days if item.due and item.open_minor > 0 and item.due < today else 0
    return {**{name: getattr(item, name) for name in shown}, "customer": mask_reference(item.customer), "days_overdue": days}


def _masked(found: Execution) -> Execution:
    heads = [
        {**head, **{name: state_view.masked(name, head[name]) for name in ("customer", "product", "number", "reason")}}
        for head in found.orders
    ]
    return found._replace(orders=heads)
