"""Read what belongs to orders: the vehicles bought by them, and what carried them."""

from collections.abc import Sequence

import sqlalchemy as sa

from hub.rules.decision import Subject
from hub.rules.threads import Carriage
from hub.state.reading import Snapshot
from hub.state.store import S, Store
from hub.state.stores import freight_charges, shipments, vehicles


async def cars_bought(snapshot: Snapshot, named: Sequence[str]) -> list[str]:
    """VINs of which a handover names one of these orders."""
    columns = vehicles.table.c
    rows = await snapshot.execute(sa.select(columns.ref).where(columns.purchase.in_(named)).order_by(columns.ref))
    return [row[0] for row in rows]


async def carriages(snapshot: Snapshot, consignments: Sequence[Subject]) -> dict[Subject, Carriage]:
    """Shipment and charge of each consignment, as far as they are known."""
    carried = await _states(snapshot, shipments, consignments)
    charged = await _states(snapshot, freight_charges, consignments)
    return {one: Carriage(carried.get(one), charged.get(one)) for one in consignments}


async def _states(snapshot: Snapshot, store: Store[S], subjects: Sequence[Subject]) -> dict[Subject, S]:
    columns = store.table.c
    fields = [columns[field] for field in store.state._fields]  # type: ignore[attr-defined] # it is a NamedTuple
    query = sa.select(columns.principal, columns.ref, *fields).where(sa.tuple_(columns.principal, columns.ref).in_(list(subjects)))
    make = store.state._make  # type: ignore[attr-defined] # it is a NamedTuple
    return {Subject(row[0], row[1]): make(row[2:]) for row in await snapshot.execute(query)}
