"""Find what a carrier's reference stands for."""

from hub.errors import InputError
from hub.rules.decision import Subject, carrier_of
from hub.state import timelines
from hub.state.reading import Snapshot

_KIND = {"shipments": "shipment", "freight_charges": "charge"}


def principal_of(carrier: str | None) -> str | None:
    """Whose references a carrier's id stands for."""
    return f"carrier:{carrier}" if carrier else None


async def found_of(look: Snapshot, store: str, consignment: str, carrier: str | None) -> Subject:
    """The consignment of that reference; raises InputError where nobody told of it, or several and `carrier` does not say whose."""
    known = list(await timelines.holders(look, store, consignment, _KIND[store]))
    if carrier is not None:
        known = [principal for principal in known if principal == principal_of(carrier)]
    match known:
        case [principal]:
            return Subject(principal, consignment)
        case []:
            raise InputError("CONSIGNMENT", "a reference that the ERP or a carrier told of", consignment)
        case _:
            names = ", ".join(map(carrier_of, known))
            raise InputError("--carrier", f"whose consignment it is, one of {names}", carrier or "")
