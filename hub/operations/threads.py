"""The thread of one vehicle, order or opportunity, correlated from messages alone.

Orders are found by the VINs that the ERP's papers name, and by what a handover says that the car was bought by; shipments and their
charges by the consignments that advices name; the opportunity by the order, and the lead by the opportunity.
"""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.catalogue import lookup
from contracts.contract import Event
from contracts.vehicles import VehicleHandedOver
from hub.errors import InputError
from hub.operations.orders import missing_for
from hub.operations.show import Several, find
from hub.rules import threads
from hub.rules.decision import Subject
from hub.rules.masking import mask_reference
from hub.rules.orders.state import Order
from hub.rules.orders.subjects import of_order, order_id
from hub.rules.threads import Step
from hub.rules.vehicles import EVERYBODY
from hub.state import order_desk, thread_desk, timelines
from hub.state.reading import Snapshot, snapshot
from hub.state.stores import STORES
from hub.stream.record import speaker

MOST_CARS = 20
"""So many vehicles of an order or an opportunity are followed."""

Orders = list[tuple[Subject, Order]]
News = list[tuple[str, Event]]


class Thread(NamedTuple):
    """What belongs together, and what became of it in the order of time; `more_cars` are not followed."""

    about: str
    vehicles: list[str]
    more_cars: int
    orders: list[str]
    opportunities: list[str]
    missing: list[str]
    steps: list[Step]


async def thread(url: str, ref: str, *, dealer: str | None = None) -> Thread | Several:
    """The thread of a VIN, else of an order, else of an opportunity; raises InputError where nobody told of any."""
    async with snapshot(url) as look:
        news = await _news(look, ref)
        orders = await _of_car(look, ref, news)
        if news or orders:
            return await _told(look, f"vehicle {ref}", ref, orders, {ref: news}, (), 0)
        standing = await timelines.standing(look, STORES["orders"], of_order(ref))
        if standing is not None:
            return await _of_orders(look, f"order {ref}", [(of_order(ref), standing.state)], ())
        subject = await _opportunity(look, ref, dealer)
        if isinstance(subject, Several):
            return subject
        orders = await order_desk.of_opportunity(look, subject.dealer, subject.ref)
        return await _of_orders(look, f"opportunity {subject.dealer}/{subject.ref}", orders, [subject])


async def _opportunity(look: Snapshot, ref: str, dealer: str | None) -> Subject | Several:
    try:
        return await find(look, "opportunity", ref, dealer)
    except InputError:
        raise InputError("ID", "a VIN, an order or an opportunity that somebody told of", ref) from None


async def _of_car(look: Snapshot, vin: str, news: News) -> Orders:
    """Orders whose papers name the car, and those by which it was bought as a handover says."""
    orders = dict(await order_desk.of_car(look, vin))
    for bought in [said.order for _, said in news if isinstance(said, VehicleHandedOver) and said.order]:
        standing = await timelines.standing(look, STORES["orders"], of_order(bought))
        orders |= {of_order(bought): standing.state} if standing else {}
    return list(orders.items())


async def _of_orders(look: Snapshot, about: str, orders: Orders, opportunities: Sequence[Subject]) -> Thread:
    named = dict.fromkeys(vin for _, order in orders for vin in order.vins)
    named |= dict.fromkeys(await thread_desk.cars_bought(look, [order_id(subject) for subject, _ in orders]))
    cars = {vin: await _news(look, vin) for vin in list(named)[:MOST_CARS]}
    return await _told(look, about, None, orders, cars, opportunities, len(named) - len(cars))


async def _told(
    look: Snapshot, about: str, vin: str | None, orders: Orders, cars: dict[str, News], opportunities: Sequence[Subject], more_cars: int
) -> Thread:
    sales = dict.fromkeys(opportunities)
    sales |= dict.fromkeys(Subject(subject.principal, order.opportunity) for subject, order in orders if order.opportunity)
    handovers = [(who, said) for news in cars.values() for who, said in news if isinstance(said, VehicleHandedOver)]
    sales |= dict.fromkeys(Subject(who, said.opportunity) for who, said in handovers if said.opportunity)
    carriages = await thread_desk.carriages(look, threads.consignments(order for _, order in orders))
    steps = [step for subject in sales for step in await _sale(look, subject)]
    steps += [step for subject, order in orders for step in threads.of_order(subject, order, vin, carriages)]
    for car, news in cars.items():
        vehicle = await timelines.standing(look, STORES["vehicles"], Subject(EVERYBODY, car))
        steps += threads.of_car(car, news, vehicle.state if vehicle else None)
    return Thread(
        about,
        list(cars),
        more_cars,
        [mask_reference(order_id(subject)) for subject, _ in orders],
        [mask_reference(f"{subject.dealer}/{subject.ref}") for subject in sales],
        [f"{words} ({mask_reference(order_id(subject))})" for subject, order in orders for words in missing_for(order.missing)],
        sorted((_masked(step) for step in steps), key=lambda step: step.at),
    )


async def _sale(look: Snapshot, subject: Subject) -> list[Step]:
    sold = await timelines.standing(look, STORES["opportunities"], subject)
    if sold is None:
        return []
    lead = await timelines.standing(look, STORES["leads"], Subject(subject.principal, sold.state.lead)) if sold.state.lead else None
    return list(threads.of_sale(subject, sold.state, lead.state if lead else None))


async def _news(look: Snapshot, vin: str) -> News:
    """What dealers said of a car and what counts of it, with who said it."""
    found: News = []
    for one in await timelines.sayings(look, "vehicles", Subject(EVERYBODY, vin)):
        if one.counts and one.hold is None:
            lineage, version = lookup(one.type)
            found.append((speaker(one.topic), lineage.decode(version, one.body)))
    return found


def _masked(step: Step) -> Step:
    return step._replace(which=mask_reference(step.which))
