"""What is due and overdue, and why: which readings were believed, and from which visit it counts."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from contracts.base import ServicePlan
from hub.errors import InputError
from hub.operations.base_plan import as_data
from hub.operations.state_view import masked
from hub.rules.basedata import BaseData
from hub.rules.decision import Subject, principal_of
from hub.rules.masking import mask_reference
from hub.rules.money import written
from hub.rules.odometer import Course, Reading, course
from hub.rules.service_due import Served, due
from hub.rules.service_reminders import Reminder, restored
from hub.rules.vehicles import NAME, Vehicle
from hub.state import base_editions, reminder_desk
from hub.state.reading import snapshot
from hub.state.reminder_desk import AgendaRow, OccasionRow, ReadingRow, ServiceRow

_OF_AGENDAS = ("activity", "ageing", "complaint")
_OF_OCCASIONS = ("dunning", "contract_end", "repurchase")
_MOST_OF_A_NAME = 200
KINDS = ("service", *_OF_AGENDAS, *_OF_OCCASIONS)


class Standing(NamedTuple):
    """One reminder as it stands today; `whose` is the salesperson of an activity or sale, the customer of anything else."""

    dealer: str
    reminder: str
    due: datetime | date
    is_overdue: bool
    about: str
    whose: str | None
    told: list[str]
    next_step: str | None
    next_at: datetime | None
    answer: str | None


class Read(NamedTuple):
    """One reading, who said it, and whether it is believed."""

    km: int
    read_at: datetime
    dealer: str
    origin: str
    is_believed: bool


class PlanShown(NamedTuple):
    """One plan's reminder with what its date follows from: by months alone, by distance alone, and the mark that is counted to."""

    reminder: str
    plan: str
    title: str
    since: datetime
    since_km: int | None
    by_months: date | None
    by_distance: date | None
    due_on: date | None
    basis: str | None
    told: list[str]
    told_at: datetime | None
    next_step: str | None
    next_at: datetime | None
    answer: str | None
    quiet_until: datetime | None


class VehicleShown(NamedTuple):
    """A car with all that its reminders follow from; `km_a_day` is None while it is not measured."""

    vin: str
    product: str | None
    dealer: str | None
    customer: str | None
    held_since: datetime | None
    visited_at: datetime | None
    visited_by: str | None
    km_a_day: float | None
    readings: list[Read]
    plans: list[PlanShown]


async def listed(
    url: str, *, kind: str | None = None, dealer: str | None = None, within: int = 30, is_overdue: bool = False, most: int = 200
) -> list[Standing]:
    """Reminders that are overdue or due within so many days, the earliest first; raises InputError for a kind there is not."""
    if kind is not None and kind not in KINDS:
        raise InputError("--kind", f"one of {', '.join(KINDS)}", kind)
    now = datetime.now(UTC)
    until = now.date() if is_overdue else now.date() + timedelta(days=within)
    async with snapshot(url) as look:
        found: list[Standing] = []
        if kind in {None, "service"}:
            found += [_service(row, now) for row in await reminder_desk.services(look, until, dealer, most)]
        if kind in {None, *_OF_OCCASIONS}:
            found += [_occasion(row, now) for row in await reminder_desk.occasions(look, until, dealer, kind, most)]
        if kind in {None, *_OF_AGENDAS}:
            principal = principal_of(dealer) if dealer else None
            found += [_item(row, now) for row in await reminder_desk.items(look, until, principal, kind, most)]
    found = [one for one in found if one.is_overdue] if is_overdue else found
    return sorted(found, key=lambda one: (_moment(one.due), one.dealer, one.reminder))[:most]


async def shown(url: str, name: str) -> VehicleShown:
    """One car's reminders and why they are due when they are; raises InputError where nothing is known of it."""
    vin = name.split("/")[1] if name.startswith(f"{NAME}/") else name
    async with snapshot(url) as look:
        vehicle = await reminder_desk.vehicle(look, vin)
        if vehicle is None:
            raise InputError("VIN", "a car that a dealer has spoken of: hub reminders list", vin)
        readings = await reminder_desk.readings(look, vin)
        plans = BaseData(as_data(await base_editions.editions(look, "service_plan")))
    known = course([Reading(datetime.fromisoformat(at), km) for at, km, _ in vehicle.readings])
    return VehicleShown(
        vin,
        masked("product", vehicle.product),
        vehicle.dealer,
        masked("customer", vehicle.customer),
        vehicle.held_since,
        vehicle.visited_at,
        vehicle.visited_by,
        known.km_a_day,
        [_read(row, known) for row in readings],
        [_plan(vin, vehicle, reminder, plans, known) for reminder in restored(vehicle.reminders)],
    )


async def occasion(url: str, name: str) -> dict[str, object]:
    """All that is kept of a reminder of a day that somebody named; raises InputError where there is none of that name."""
    async with snapshot(url) as look:
        found = await reminder_desk.occasion(look, name)
    if found is None:
        raise InputError("NAME", "a reminder that is kept: hub reminders list", name)
    shown = {field: value for field, value in found._asdict().items() if field not in {"kind", "about", "as_of"}}
    return {"reminder": name, **shown, **{field: masked(field, shown[field]) for field in ("customer", "product")}}


async def items(url: str, name: str) -> list[Standing]:
    """What is still to be done under a name, of each who uses it; raises InputError where nothing is."""
    kind, _, ref = name.partition("/")
    async with snapshot(url) as look:
        found = await reminder_desk.items(look, date.max, None, kind, _MOST_OF_A_NAME, name=ref)
    if not found:
        raise InputError("NAME", "a reminder that is still to be done: hub reminders list", name)
    return [_item(row, datetime.now(UTC)) for row in found]


def is_item(name: str) -> bool:
    """Whether the name is that of an activity, of a sale that grows old or of a complaint's deadline."""
    return name.partition("/")[0] in _OF_AGENDAS


def is_occasion(name: str) -> bool:
    """Whether the name is that of such a reminder, and not of a car or its service."""
    return name.partition("/")[0] in _OF_OCCASIONS


def _service(row: ServiceRow, now: datetime) -> Standing:
    about = f"by {row.basis}"
    return Standing(
        row.dealer,
        row.reminder,
        row.due_on,
        row.due_on < now.date(),
        about,
        masked("customer", row.customer),
        row.told,
        row.next_step,
        row.next_at,
        row.answer,
    )


def _item(row: AgendaRow, now: datetime) -> Standing:
    dealer, name = Subject(row.principal, row.ref).dealer, mask_reference(f"{row.kind}/{row.name}")
    staff = mask_reference(row.staff)
    return Standing(dealer, name, row.due_at, row.due_at < now, mask_reference(row.ref), staff, row.told, None, None, None)


def _occasion(row: OccasionRow, now: datetime) -> Standing:
    about = written(row.open_minor, row.currency) if row.open_minor is not None and row.currency else masked("product", row.product) or ""
    is_overdue, whose = row.due_on < now.date(), masked("customer", row.customer)
    return Standing(row.dealer, mask_reference(row.ref), row.due_on, is_overdue, about, whose, row.told, row.next_step, row.next_at, None)


def _read(row: ReadingRow, known: Course) -> Read:
    return Read(row.km, row.read_at, Subject(row.principal, "").dealer, row.origin, Reading(row.read_at, row.km) in known.believed)


def _plan(vin: str, vehicle: Vehicle, reminder: Reminder, plans: BaseData, known: Course) -> PlanShown:
    plan = plans.find(ServicePlan, reminder.plan, vehicle.as_of)
    served = reminder.served
    return PlanShown(
        f"{NAME}/{vin}/{reminder.plan}",
        reminder.plan,
        reminder.title,
        served.at,
        served.km,
        _alone(plan, served, known, "distance_km"),
        _alone(plan, served, known, "months"),
        date.fromisoformat(reminder.due_on) if reminder.due_on else None,
        reminder.basis,
        reminder.told,
        _at(reminder.told_at),
        reminder.next_step,
        _at(reminder.next_at),
        reminder.answer,
        _at(reminder.quiet_until),
    )


def _alone(plan: ServicePlan | None, served: Served, known: Course, without: str) -> date | None:
    """When it would be due without one of its two intervals."""
    found = due(plan.model_copy(update={without: None}), served, known) if plan is not None else None
    return found.on if found else None


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _moment(due: datetime | date) -> datetime:
    return due if isinstance(due, datetime) else datetime(due.year, due.month, due.day, tzinfo=UTC)
