"""Base data of carriage: who carries, at what price, with what surcharge for fuel, and what a currency was worth."""

from contracts.base.carriage.v1 import Accessorial, AllocationBasis, Carrier, ExchangeRate, FuelTable, Lane, Tariff, WeightBreak
from contracts.contract import Lineage

CARRIER_RECORDED = Lineage("carrier.recorded", Carrier, kind="carrier", ref="edition", snapshot=True)
TARIFF_RECORDED = Lineage("tariff.recorded", Tariff, kind="tariff", ref="edition", snapshot=True)
FUEL_TABLE_RECORDED = Lineage("fuel_table.recorded", FuelTable, kind="fuel_table", ref="edition", snapshot=True)
EXCHANGE_RATE_RECORDED = Lineage("exchange_rate.recorded", ExchangeRate, kind="exchange_rate", ref="edition", snapshot=True)

LINEAGES = (CARRIER_RECORDED, TARIFF_RECORDED, FUEL_TABLE_RECORDED, EXCHANGE_RATE_RECORDED)

__all__ = [
    "CARRIER_RECORDED",
    "EXCHANGE_RATE_RECORDED",
    "FUEL_TABLE_RECORDED",
    "LINEAGES",
    "TARIFF_RECORDED",
    "Accessorial",
    "AllocationBasis",
    "Carrier",
    "ExchangeRate",
    "FuelTable",
    "Lane",
    "Tariff",
    "WeightBreak",
]
