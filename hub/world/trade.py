"""What follows from what dealers win: the ERP carries out what it is asked for, carriers move and bill it, and all of that is known."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple

from hub.world.erp import Asked, Fate
from hub.world.erp_answers import carry_out
from hub.world.haulage import Haulage
from hub.world.reckoning import Row
from hub.world.speech import Utterance, binary, topic_of
from hub.world.truth import Named
from hub.world.world import World

_LONGEST_AGO = timedelta(days=1_400)
_PAPERS, _BILLS, _CREDITS = timedelta(hours=4), timedelta(hours=23), timedelta(hours=23, minutes=30)
"""How long after the world's end the last of each come: all of it within a day."""

STORES = ("orders", "open_items", "shipments", "freight_charges")


class Request(NamedTuple):
    """One thing that the hub asks of the ERP: `deed` is its type's name, `said` its body."""

    deed: str
    said: Mapping[str, Any]


class Trade:
    """The ERP and the carriers of a world; all that they say happens within a day of its end."""

    def __init__(self, world: World, carriers: int = 3) -> None:
        self._world, self._haulage = world, Haulage(f"{world.mark} trade", carriers, mark=world.mark)
        self._rng = Random(f"{world.mark} trade")
        self._rows: Mapping[str, Mapping[Named, Row]] = {"orders": {}, "open_items": {}}
        self.fates: list[Fate] = []

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
        """Everything that ERP and carriers say because of what the hub asks for by now; to be asked once."""
        until = self._world.until
        asked = wanted(requests, self._world.mark)
        carried = carry_out(self._rng, asked, self._world.mark, until + _PAPERS, haulage=self._haulage)
        self._rows, self.fates = carried.rows, carried.fates
        billed = [*self._haulage.bills(until + _BILLS), *self._haulage.credits(until + _CREDITS)]
        return [*carried.said, *(binary(topic_of(event), event, event.at) for event in billed)]

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
            "freight_charges": self._charges(),
        }

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
