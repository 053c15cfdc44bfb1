"""Answer what the hub asks of the ERP: every record that the ERP says because of it, and what is true afterwards."""
# ruff: noqa: PLR2004 - shares are the data of an invented world

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from random import Random
from typing import NamedTuple

from hub.world.erp import Asked, Fate, fate, row
from hub.world.erp_papers import Papers, in_spoken_order
from hub.world.haulage import Haulage
from hub.world.reckoning import Row
from hub.world.speech import Meant, Utterance, binary, structured, topic_of
from hub.world.truth import Named

_TOGETHER = 3
"""Orders of one dealer that go on the same trucks, and perhaps on the same invoice."""


class Carried(NamedTuple):
    """What is said, what the stores `orders` and `open_items` must hold then, what became of each order, and of each vehicle.

    `threads` are by VIN what concerns it, as (what, which): papers, consignments, receipts, and the order itself.
    """

    said: list[Utterance]
    rows: Mapping[str, Mapping[Named, Row]]
    fates: list[Fate]
    threads: Mapping[str, set[tuple[str, str]]]


def carry_out(
    rng: Random,
    asked: Iterable[Asked],
    mark: str,
    until: datetime,
    *,
    haulage: Haulage | None = None,
    late: float = 0.1,
    repeated: float = 0.1,
    first: int = 0,
) -> Carried:
    """Carry out these orders before `until`; numbers of papers bear the `mark`. `late` and `repeated` are shares of the papers.

    `first` is the number of orders carried out earlier under that mark.

    What is despatched is moved by the carriers of the `haulage`: they report until 20 hours after `until`, and have not billed it yet.
    Raises ValueError where an order was asked for later than that.
    """
    of_dealers: dict[str, list[Fate]] = defaultdict(list)
    for number, one in enumerate(asked, first):
        if one.at >= until:
            raise ValueError(f"until: expected a moment after {one.order} was asked for, {one.at.isoformat()}, got {until.isoformat()}")
        of_dealers[one.dealer].append(fate(rng, one, mark, number))
    haulage = haulage or Haulage(mark=mark)
    said: list[Meant] = []
    every: list[Fate] = []
    items: dict[Named, Row] = {}
    threads: dict[str, set[tuple[str, str]]] = {}
    for dealer, fates in of_dealers.items():
        fates.sort(key=lambda one: one.asked.at)
        for at in range(0, len(fates), _TOGETHER):
            papers = Papers(rng, fates[at : at + _TOGETHER], f"{mark}-{dealer}-{first + at}", until, haulage)
            every += papers.fates
            said += [*papers.said, *papers.moved]
            items.update(papers.items)
            threads.update(papers.threads)
    orders = {(f"dealer:{one.asked.dealer}", f"{one.asked.opportunity}#{one.asked.win}"): row(one) for one in every}
    spoken = [_spoken(rng, one) for one in in_spoken_order(rng, said, late, repeated)]
    for built in every:
        for vin in (vin for piece in built.pieces for vin in piece.vins):
            threads[vin].add(("order", built.asked.order))
    return Carried(spoken, {"orders": orders, "open_items": items}, every, threads)


def _spoken(rng: Random, paper: Meant) -> Utterance:
    return (structured if rng.random() < 0.2 else binary)(topic_of(paper), paper, paper.at)
