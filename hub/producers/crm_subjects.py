"""Turn one line of a CRM export into the events, or the base datum, that it tells of."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from contracts.base import PRODUCT_RECORDED, STAFF_RECORDED, Product, Staff
from contracts.contract import Event, Lineage
from contracts.customers import CUSTOMER_RECORDED, CustomerRecorded
from contracts.opportunities import (
    OPPORTUNITY_LOST,
    OPPORTUNITY_MOVED,
    OPPORTUNITY_OPENED,
    OPPORTUNITY_WON,
    OpportunityLost,
    OpportunityMoved,
    OpportunityOpened,
    OpportunityWon,
)
from hub.producers.crm_cells import Cells, Known
from hub.producers.crm_mapping import Mapping, Standing

Telling = tuple[Lineage[Any], Event]

_NOT_RECORDED = "not_recorded"
_UNDATED = datetime(1900, 1, 1, tzinfo=UTC)  # a base datum is written to a file; whoever applies it says when


class Whole(NamedTuple):
    """What the whole export says to each of its lines: its own day, the moment after which nothing has happened yet, its names."""

    mapping: Mapping
    dealer: str
    as_of: date | None
    now: datetime
    customers: Known
    products: Known | None
    staff: Known | None


def customer(cells: Cells, whole: Whole) -> Iterator[Telling]:
    """The customer as the export knows it, on the export's own day."""
    mapping = whole.mapping
    key = cells.required("customer")
    parent = cells.listed("parent", whole.customers, "left out: no account of that name")
    if parent == key:
        raise cells.refused("parent", "another customer than itself")
    if whole.as_of is None:
        raise AssertionError("asked for before")
    yield (
        CUSTOMER_RECORDED,
        cells.made(
            CustomerRecorded,
            occurred_at=mapping.moment(whole.as_of),
            customer=key,
            name=cells.required("name"),
            status=cells.text("status"),
            email=cells.text("email"),
            phone=cells.text("phone"),
            sector=cells.spelt("sector", mapping.spelling.sector),
            founded=cells.count("founded"),
            revenue=cells.money("revenue", mapping.customers.revenue_unit),
            employees=cells.count("employees"),
            country=cells.country("country"),
            parent=parent,
            owner=cells.text("owner"),
            note=cells.text("note"),
        ),
    )


def opportunity(cells: Cells, whole: Whole) -> Iterator[Telling]:
    """How the opportunity came to where it stands: opened, moved along its path, won or lost.

    It is opened in the path's first stage even if it has long left it: a later export of the same sale
    then goes on from there. A second lies between the steps of a day, which keeps their order.
    """
    mapping, sheet = whole.mapping, whole.mapping.opportunities
    key, word = cells.required("opportunity"), cells.required("stage")
    standing = sheet.stages.get(word)
    if standing is None:
        raise cells.refused("stage", f"one of {', '.join(sheet.stages)}")
    opened = _opened(cells, whole, word, standing)
    closed = _closed(cells, whole, opened, word, standing)
    about = {"opportunity": key, "sales_model": sheet.sales_model}
    amount = cells.money("amount")
    if standing.outcome == "lost" and amount is not None and amount.minor == 0:
        amount = None  # such exports write what a lost sale brought in, not what it was to bring
    yield (
        OPPORTUNITY_OPENED,
        cells.made(
            OpportunityOpened,
            **about,
            occurred_at=mapping.moment(opened),
            stage=standing.path[0],
            title=cells.text("title"),
            customer=_customer_of(cells, whole),
            product=cells.listed("product", whole.products) if whole.products else cells.text("product"),
            owner=cells.listed("owner", whole.staff) if whole.staff else cells.text("owner"),
            amount=None if standing.outcome == "won" else amount,
        ),
    )
    for step, (origin, target) in enumerate(zip(standing.path, standing.path[1:], strict=False), 1):
        moved = cells.made(OpportunityMoved, **about, occurred_at=mapping.moment(opened, step), from_stage=origin, to_stage=target)
        yield OPPORTUNITY_MOVED, moved
    if closed is None:
        return
    ending = {**about, "occurred_at": mapping.moment(closed, len(standing.path)), "stage": standing.path[-1]}
    if standing.outcome == "won":
        yield OPPORTUNITY_WON, cells.made(OpportunityWon, **ending, amount=amount)
    else:
        yield OPPORTUNITY_LOST, cells.made(OpportunityLost, **ending, reason=_NOT_RECORDED, competitor=_NOT_RECORDED)


def _opened(cells: Cells, whole: Whole, word: str, standing: Standing) -> date:
    day = cells.day("opened")
    if day is None:
        if standing.undated == "refuse" or whole.as_of is None:
            raise cells.refused("opened", f"a day, as the stage is {word}")
        cells.repair("opened", f"date missing: taken as {whole.as_of.isoformat()}, the export's own day")
        day = whole.as_of
    return _past(cells, whole, "opened", day, standing)


def _closed(cells: Cells, whole: Whole, opened: date, word: str, standing: Standing) -> date | None:
    day = cells.day("closed")
    if standing.outcome == "open":
        if day is not None:
            cells.repair("closed", f"left out: the stage is {word}")
        return None
    if day is None:
        raise cells.refused("closed", f"a day, as the stage is {word}")
    if day < opened:
        raise cells.refused("closed", f"a day not before {cells.column('opened')}")
    return _past(cells, whole, "closed", day, standing)


def _past(cells: Cells, whole: Whole, field: str, day: date, standing: Standing) -> date:
    if whole.mapping.moment(day, len(standing.path)) > whole.now:
        raise cells.refused(field, "a day that is not in the future")
    return day


def _customer_of(cells: Cells, whole: Whole) -> str | None:
    if cells.text("customer") is None:
        cells.repair("customer", "customer not known")
        return None
    return cells.listed("customer", whole.customers, "left out: no account of that name")


def product(cells: Cells, _world: Whole) -> Iterator[Telling]:
    """A product, known by its name."""
    key = cells.required("id")
    yield (
        PRODUCT_RECORDED,
        cells.made(Product, occurred_at=_UNDATED, id=key, name=key, series=cells.text("series"), list_price=cells.money("list_price")),
    )


def member(cells: Cells, whole: Whole) -> Iterator[Telling]:
    """A salesperson of the dealer, known by the name."""
    key = cells.required("id")
    yield STAFF_RECORDED, cells.made(Staff, occurred_at=_UNDATED, id=key, name=key, dealer=whole.dealer, manager=cells.text("manager"))
