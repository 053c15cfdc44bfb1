"""Decide how orders are carried out, in numbers: what the ERP then says adds up to them, so they are the truth.

Nothing here is summed from papers, as the hub does it: the numbers come first, and the papers are written from them.
"""
# ruff: noqa: PLR2004 - shares are the data of an invented world

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple
from zlib import crc32

from hub.world.reckoning import Row

QUANTITIES = ("ordered", "confirmed", "despatched", "received", "invoiced", "paid")
TAX_PERCENT = 19
_MOST_VEHICLES = 8
"""More than are ever despatched for a line."""


class Asked(NamedTuple):
    """An order as the hub asks for it because of a win."""

    order: str
    dealer: str
    opportunity: str
    win: int
    customer: str | None
    at: datetime


class Piece(NamedTuple):
    """One line of an order: how many pieces come how far, and what one of them costs in minor units.

    `vins` are the vehicles despatched, in the order in which they go; the first of them arrive and are invoiced.
    """

    line: str
    price: int
    ordered: int
    confirmed: int = 0
    despatched: int = 0
    received: int = 0
    invoiced: int = 0
    vins: tuple[str, ...] = ()

    @property
    def owed(self) -> int:
        """What one piece costs with tax."""
        return self.price + self.price * TAX_PERCENT // 100

    @property
    def margin(self) -> int:
        """What is left of its price."""
        return self.price // 5


class Fate(NamedTuple):
    """What becomes of one order; `window` is the verdict on what arrives of its call-offs, None where nothing is called off.

    The day that is promised and when all is over follow from the papers, which some orders share.
    """

    asked: Asked
    answer: str | None
    number: str
    promised: date | None
    percent: int
    pieces: tuple[Piece, ...]
    window: str | None
    is_paid: bool = False
    is_completed: bool = False
    ended_at: datetime | None = None

    @property
    def status(self) -> str:
        """Where the order stands in the end."""
        if self.answer in {"rejected", "cancelled"}:
            return str(self.answer)
        if self.answer is None:
            return "requested"
        if self.is_completed:
            return "completed"
        for reached, word in (("received", "delivered"), ("despatched", "despatched")):
            counts = [(getattr(piece, reached), piece.ordered) for piece in self.pieces]
            if all(count >= ordered for count, ordered in counts):
                return word
            if any(count for count, _ in counts):
                return f"partly_{word}"
        return "in_production" if self.percent else "scheduled" if self.window else "accepted"

    @property
    def paid(self) -> int:
        """Pieces that are paid for."""
        return sum(piece.invoiced for piece in self.pieces) if self.is_paid else 0

    @property
    def owed(self) -> Iterator[str]:
        """The papers that never come, although they should."""
        if self.answer is None:
            yield "answer"
        if self.answer == "accepted" and not self.is_completed:
            if any(piece.despatched < piece.confirmed for piece in self.pieces):
                yield "despatch_advice"
            if any(piece.invoiced < min(piece.received, piece.ordered) for piece in self.pieces):
                yield "invoice"

    @property
    def steps(self) -> tuple[Fraction, int]:
        """How many steps its pieces have passed, and of how many."""
        total = 6 * sum(piece.ordered for piece in self.pieces)
        if self.is_completed:
            return Fraction(total), total
        passed = Fraction(0)
        for piece in self.pieces:
            most = piece.ordered
            sent = min(piece.despatched, most)
            passed += max(Fraction(self.percent * most, 100), Fraction(sent)) + max(min(piece.confirmed, most), sent) + sent
            passed += min(piece.received, most) + min(piece.invoiced, most) * (2 if self.is_paid else 1)
        return passed, total


def fate(rng: Random, asked: Asked, mark: str, number: int) -> Fate:
    """Anything between an ERP that says nothing and an order that is completed."""
    depth = rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8))
    kind = "accepted" if depth else None
    if depth in {1, 2} and rng.random() < 0.4:
        kind = rng.choice(("rejected", "cancelled"))
    pieces = tuple(
        _built(_piece(rng, depth if kind == "accepted" else min(depth, 1), line), mark, _MOST_VEHICLES * (2 * number + line))
        for line in range(rng.choice((1, 1, 2)))
    )
    if kind == "rejected" or depth == 0:
        pieces = ()
    promised = (asked.at + timedelta(days=rng.randrange(20, 90))).date() if kind in {"accepted", "cancelled"} else None
    window = rng.choice(("met", "early", "late")) if kind == "accepted" and depth >= 2 else None
    percent = (rng.choice((40, 60)) if depth == 3 else 100) if kind == "accepted" and depth >= 3 else 0
    return Fate(asked, kind, f"45{mark}{number:05}", promised, percent, pieces, window, depth >= 7, depth == 8)


def _built(piece: Piece, mark: str, number: int) -> Piece:
    """With the vehicles that are despatched, each under a VIN of its own."""
    plant = f"TMB{crc32(mark.encode()) % 10**8:08}"
    return piece._replace(vins=tuple(f"{plant}{number + nth:06X}" for nth in range(piece.despatched)))


def _piece(rng: Random, depth: int, line: int) -> Piece:
    ordered = rng.randrange(1, 5)
    confirmed = rng.randrange(1, ordered + 1) if rng.random() < 0.2 else ordered
    despatched = rng.randrange(1, ordered + 1) if depth == 4 else ordered + (rng.random() < 0.1) if depth >= 5 else 0
    received = rng.randrange(0, despatched + 1) if depth == 5 else despatched if depth >= 6 else 0
    invoiced = rng.randrange(1, received + 1) if depth == 6 else received if depth >= 7 else 0
    return Piece(str(10 * (line + 1)), 100 * rng.randrange(8_000, 60_000), ordered, confirmed, despatched, received, invoiced)


def row(fate: Fate) -> Row:
    """What the hub must know of the order."""
    counts = {name: sum(getattr(piece, name) for piece in fate.pieces) for name in QUANTITIES[:-1]}
    passed, total = fate.steps
    asked = fate.asked
    return {
        "status": fate.status,
        "dealer": asked.dealer,
        "opportunity": asked.opportunity,
        "win": asked.win,
        "is_wanted": True,
        "number": fate.number if fate.answer in {"accepted", "cancelled"} else None,
        "promised": fate.promised,
        "step_percent": fate.percent,
        **counts,
        "paid": fate.paid,
        "progress": int(100 * passed / total) if total else 0,
    }


def execution(fates: Sequence[Fate]) -> dict[str, Any]:
    """What `hub opportunity execution` must say of an opportunity's orders."""
    alive = [fate for fate in fates if fate.status not in {"rejected", "cancelled"}]
    statuses: dict[str, int] = {}
    windows: dict[str, int] = {}
    for one in fates:
        statuses[one.status] = statuses.get(one.status, 0) + 1
        for piece in one.pieces if one.window else ():
            verdict = str(one.window) if piece.received >= piece.ordered else "open"
            windows[verdict] = windows.get(verdict, 0) + 1
    passed, total = (sum(part) for part in zip(*(one.steps for one in alive), strict=True)) if alive else (Fraction(0), 0)
    rows = [row(one) for one in alive]
    pieces = [(one, piece) for one in fates for piece in one.pieces if piece.invoiced]
    owed = sum(piece.owed * piece.invoiced for _, piece in pieces)
    paid = sum(piece.owed * piece.invoiced for one, piece in pieces if one.is_paid)
    net = sum(piece.price * piece.invoiced for _, piece in pieces)
    margin = sum(piece.margin * piece.invoiced for _, piece in pieces)
    sums = {"net": net, "margin": margin, "owed": owed, "paid": paid, "open": owed - paid}
    return {
        "progress": int(100 * passed / total) if total else 0,
        "statuses": statuses,
        "quantities": {name: sum(one[name] for one in rows) for name in QUANTITIES},
        "amounts": {"EUR": sums} if pieces else {},
        "windows": windows,
    }
