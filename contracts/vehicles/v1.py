"""First editions of what dealers say of vehicles."""

from typing import Literal

from contracts.contract import Event
from contracts.values import Day, Kilometres, Line, Ref, Several, Slug, Vin


class VehicleHandedOver(Event):
    """A customer of the dealer holds the car from now on; `service_plans` say how it is looked after.

    `contract_ends` is the last day of its leasing or financing; said again of the same customer, the day has moved.
    """

    vin: Vin
    customer: Ref
    product: Line | None = None
    odometer_km: Kilometres | None = None
    service_plans: Several[Slug] = ()
    opportunity: Ref | None = None
    order: Line | None = None
    contract_ends: Day | None = None


class VehicleSoldOn(Event):
    """The car has another owner; `customer` names him where he is a customer of the dealer who says so."""

    vin: Vin
    customer: Ref | None = None
    odometer_km: Kilometres | None = None


class ServiceVisited(Event):
    """The car was in the workshop; `service_plans` are those whose service was done: none where it came for something else."""

    vin: Vin
    service_plans: Several[Slug] = ()
    odometer_km: Kilometres | None = None
    customer: Ref | None = None
    visit: Ref | None = None


class OdometerRead(Event):
    """Somebody read the odometer, or the car told it by itself."""

    vin: Vin
    odometer_km: Kilometres
    how: Literal["workshop", "customer", "telematics", "inspection", "other"] = "other"
