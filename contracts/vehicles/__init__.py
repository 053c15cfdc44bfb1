"""Vehicles in their owners' hands: what any dealer says of one meets under its VIN."""

from contracts.contract import Lineage
from contracts.vehicles.v1 import OdometerRead, ServiceVisited, VehicleHandedOver, VehicleSoldOn

VEHICLE_HANDED_OVER = Lineage("vehicle.handed_over", VehicleHandedOver, kind="vehicle", ref="vin")
VEHICLE_SOLD_ON = Lineage("vehicle.sold_on", VehicleSoldOn, kind="vehicle", ref="vin")
SERVICE_VISITED = Lineage("service.visited", ServiceVisited, kind="vehicle", ref="vin")
ODOMETER_READ = Lineage("odometer.read", OdometerRead, kind="vehicle", ref="vin")

LINEAGES = (VEHICLE_HANDED_OVER, VEHICLE_SOLD_ON, SERVICE_VISITED, ODOMETER_READ)

__all__ = [
    "LINEAGES",
    "ODOMETER_READ",
    "SERVICE_VISITED",
    "VEHICLE_HANDED_OVER",
    "VEHICLE_SOLD_ON",
    "OdometerRead",
    "ServiceVisited",
    "VehicleHandedOver",
    "VehicleSoldOn",
]
