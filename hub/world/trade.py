"""What follows from what dealers win: the ERP carries out what it is asked for, carriers move and bill it, and all of that is known."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from hub.world.erp import Asked, Fate
from hub.world.erp_answers import carry_out
from hub.world.haulage import Haulage
from hub.world.motoring import PLAN
from hub.world.reckoning import Row
from hub.world.speech import Meant, Utterance, binary, topic_of
from hub.world.truth import Named
from hub.world.world import World

_LONGEST_AGO = timedelta(days=1_400)
_PAPERS, _BILLS, _CREDITS = timedelta(hours=4), timedelta(hours=23), timedelta(hours=23, minutes=30)
_HANDOVERS, _VISITS = timedelta(hours=5), timedelta(hours=23)
"""How long after the world's end the last of each come: all of it within a day."""

_NOT_DUE_YET = timedelta(days=250)
"""A car that was handed over later than so long ago needs no service yet, and nobody is reminded of it."""

STORES = ("orders", "open_items", "shipments", "shipment_positions", "freight_charges")


class Request(NamedTuple):
    """One thing that the hub asks of the ERP: `deed` is its type's name, `said` its body."""

    deed: str
    said: Mapping[str, Any]


class Trade:
    """The ERP and the carriers of a world; all that they say happens within a day of its end, and they say it as they are asked."""

    def __init__(self, world: World, carriers: int = 3) -> None:
        self._world, self._haulage = world, Haulage(f"{world.mark} trade", carriers, mark=world.mark)
        self._rng = Random(f"{world.mark} trade")
        self._rows: dict[str, dict[Named, Row]] = {"orders": {}, "open_items": {}}
        self.fates: list[Fate] = []
        self.threads: dict[str, set[tuple[str, str]]] = {}

    @property
    def until(self) -> datetime:
        """When the world ends that asks for all this."""
        return self._world.until

    @property
    def carriers(self) -> tuple[str, ...]:
        """Their ids."""
        return self._haulage.carriers

    @property
    def planted(self) -> int:
        """How many errors stand on the carriers' bills."""
        return len(self._haulage.planted)

    def base_data(self) -> Iterator[Utterance]:
        """The carriers' terms and prices, the same in every world but for the weeks."""
        until = self._world.until
        for event in self._haulage.base_data(until - _LONGEST_AGO, until + _CREDITS):
            yield binary(topic_of(event), event, event.at)

    def answer(self, requests: Iterable[Request]) -> list[Utterance]:
        """What ERP, carriers and dealers say because of what the hub asks for now: each order is carried out once, whatever comes later.

        What the hub takes back is on its way all the same.
        """
        known = {one.asked.order for one in self.fates}
        asked = [one for one in wanted(requests, self._world.mark) if one.order not in known]
        if not asked:
            return []
        until = self._world.until
        carried = carry_out(self._rng, asked, self._world.mark, until + _PAPERS, haulage=self._haulage, first=len(self.fates))
        for store, rows in carried.rows.items():
            self._rows[store].update(rows)
        self.fates += carried.fates
        self.threads |= carried.threads
        billed = [*self._haulage.bills(until + _BILLS), *self._haulage.credits(until + _CREDITS)]
        handed_over = [said for one in carried.fates for said in self._handed_over(one)]
        return [*carried.said, *(binary(topic_of(event), event, event.at) for event in (*billed, *handed_over))]

    def _handed_over(self, fate: Fate) -> Iterator[Meant]:
        """The dealer gives its customer the vehicles of an order that is completed, and has them back once for a towbar."""
        asked, until = fate.asked, self._world.until
        if not fate.is_completed or asked.customer is None or fate.ended_at is None:
            return
        at = min(fate.ended_at + timedelta(days=2), until + _HANDOVERS)
        back_at = min(at + timedelta(days=20), until + _VISITS)
        plans = [PLAN] if until - at < _NOT_DUE_YET else []
        for vin in (vin for piece in fate.pieces for vin in piece.vins[: piece.received]):
            visit = f"W-{vin[-6:]}"
            bought = {"customer": asked.customer, "opportunity": asked.opportunity, "order": asked.order}
            handed = {**bought, "odometer_km": 8, "service_plans": plans}
            visited = {"visit": visit, "odometer_km": 61}
            for deed, moment, said in (("vehicle.handed_over", at, handed), ("service.visited", back_at, visited)):
                source = f"/dealers/{asked.dealer}/dms"
                yield Meant(f"dealer:{asked.dealer}", deed, vin, moment, None, None, source, f"{vin}-{deed}", said)
            self.threads[vin] |= {("handover", vin), ("visit", visit), *(("service due", f"service/{vin}/{plan}") for plan in plans)}

    def truth(self) -> Mapping[str, Mapping[Named, Row]]:
        """What the stores must hold of it: an order for each win, whether the hub has asked for it or not."""
        wins = {
            (principal, f"{ref}#{win}"): {"dealer": principal.partition(":")[2], "opportunity": ref, "win": win, "is_wanted": True}
            for (principal, ref), row in self._world.truth().rows["opportunities"].items()
            for win in range(1, row["wins"] + 1)
        }
        orders = {named: {**row, **self._rows["orders"].get(named, {})} for named, row in wins.items()}
        return {
            "orders": orders,
            "open_items": self._rows["open_items"],
            "shipments": self._shipments(),
            "shipment_positions": {(f"carrier:{load.carrier}", load.consignment): dict(load.seen) for load in self._haulage.carried},
            "freight_charges": self._charges(),
        }

    def owed(self) -> dict[Named, set[str]]:
        """Which papers the ERP owes of each order, when all the time that it was given is over."""
        return {(f"dealer:{one.asked.dealer}", f"{one.asked.opportunity}#{one.asked.win}"): set(one.owed) for one in self.fates}

    def _shipments(self) -> dict[Named, Row]:
        return {
            (f"carrier:{load.carrier}", load.consignment): {
                "status": "delivered",
                "delivered_at": load.delivered_at,
                "orders": sorted(load.orders),
            }
            for load in self._haulage.carried
        }

    def _charges(self) -> dict[Named, Row]:
        """What each carriage costs, and what is wrong with its bills; of a stranger's bill it is not known yet whether it is one."""
        found: dict[Named, Row] = {
            (f"carrier:{load.carrier}", load.consignment): {"expected": load.charges, "cost_minor": load.cost_minor, "findings": []}
            for load in self._haulage.carried
        }
        for error in self._haulage.planted:
            named = f"carrier:{error.carrier}", error.consignment
            if error.reason == "unknown_shipment":
                found[named] = {"status": "unclear"}
            else:
                what = {"invoice": error.invoice, "line": error.line, "reason": error.reason, "disputed_minor": error.too_much_minor}
                found[named]["findings"] = _sorted([*found[named]["findings"], what])
        return found


def wanted(requests: Iterable[Request], mark: str) -> list[Asked]:
    """The orders of a world that are asked for in the end: what was asked for and taken back is not, unless asked for again."""
    found: dict[str, Asked] = {}
    for deed, said in requests:
        if mark not in said["opportunity"]:
            continue
        found.pop(said["order"], None)
        if deed == "order.requested":
            found[said["order"]] = Asked(
                said["order"], said["dealer"], said["opportunity"], said["win"], said.get("customer"), said["occurred_at"]
            )
    return [found[order] for order in sorted(found)]


def comparable(store: str, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A stored row as the truth speaks of it; None for one that it does not speak of: an order that is no longer wanted."""
    match store:
        case "orders" if not row["is_wanted"]:
            return None
        case "freight_charges" if "findings" in row:
            told = ("invoice", "line", "reason", "disputed_minor")
            return {**row, "findings": _sorted([{name: one[name] for name in told} for one in row["findings"]])}
        case _:
            return row


def _sorted(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(findings, key=lambda one: (one["invoice"], one["line"]))
