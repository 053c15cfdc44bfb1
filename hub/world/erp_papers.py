"""Write the papers that add up to what the ERP decided, for some orders of one dealer at once: collective, corrected, reversed."""
# ruff: noqa: PLR2004 - shares are the data of an invented world

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hub.world.erp import Fate, Piece
from hub.world.haulage import Cargo, Haulage, heading
from hub.world.speech import Meant, written

SOURCE = "/erp/finance"
_STAGES = {"answer": 10, "change": 15, "schedule": 20, "progress": 30, "advice": 40, "arrival": 50, "invoice": 70, "credit": 74} | {
    "receipt": 80,
    "reversal": 84,
    "again": 88,
    "end": 94,
}
"""When what happens, in percent of the time that there is."""


class Papers:
    """The papers of some orders of one dealer, and the open items that come of them; `moved` is what carriers report meanwhile.

    `fates` are the orders with the days that follow from these papers.

    `threads` are, by VIN, the papers, consignments and receipts that concern a vehicle, each as (what, which).
    """

    def __init__(self, rng: Random, fates: Sequence[Fate], mark: str, until: datetime, haulage: Haulage) -> None:
        self._rng, self._mark, self._haulage = rng, mark, haulage
        self._begin = max(fate.asked.at for fate in fates)
        self._span = min(until - self._begin, timedelta(days=rng.uniform(40, 120)))
        self.fates = [self._dated(one) for one in fates]
        self.said: list[Meant] = []
        self.moved: list[Meant] = []
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.threads: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        for one in self.fates:
            self._answer(one)
        self._carry()
        self._charge()
        for one in self.fates:
            if one.is_completed:
                self._of(one, "completed", self._at("end"))

    def _at(self, stage: str, extra: int = 0) -> datetime:
        return (self._begin + self._span * (_STAGES[stage] + extra) / 100).replace(microsecond=0)

    def _dated(self, fate: Fate) -> Fate:
        promised = self._at("arrival").date() + timedelta(days=self._rng.randrange(-5, 15))
        return fate._replace(promised=promised if fate.promised else None, ended_at=self._at("end"))

    def _say(self, deed: str, letters: str, at: datetime, said: dict[str, Any], corrects: str | None = None) -> Meant:
        number = f"{letters}-{self._mark}-{len(self.said):03}"
        event = Meant("erp", deed, number, at, None, corrects, SOURCE, f"{deed}/{number}", {**said, "occurred_at": written(at)})
        self.said.append(event)
        return event

    def _of(self, fate: Fate, what: str, at: datetime, **said: Any) -> None:  # noqa: ANN401 - a body's fields
        self._say(f"order.{what}", what[:2].upper(), at, {"order": fate.asked.order, **said})

    def _answer(self, fate: Fate) -> None:
        rng = self._rng
        if fate.answer is None:
            return
        at = min(fate.asked.at + timedelta(hours=rng.randrange(2, 40)), self._at("answer")).replace(microsecond=0)
        if fate.answer == "rejected":
            self._of(fate, "rejected", at, reason="This model is no longer made.")
            return
        lines = [_ordered(piece) for piece in fate.pieces]
        promised = fate.promised.isoformat() if fate.promised else None
        if rng.random() < 0.3:
            self._of(fate, "changed", at + (self._at("change") - at) / 2, lines=lines, promised=promised)
            lines = [{**line, "quantity": line["quantity"] + 1} for line in lines]
            promised = self._begin.date().isoformat()
        self._of(fate, "accepted", at, number=fate.number, lines=lines, promised=promised)
        if fate.answer == "cancelled":
            self._of(fate, "cancelled", self._at("schedule"), reason="Asked for by the dealer.")
        if fate.percent:
            self._of(fate, "progressed", self._at("progress"), step="body", percent=fate.percent // 2)
            self._of(fate, "progressed", self._at("progress", 3), step="assembly", percent=fate.percent)

    def _carry(self) -> None:
        """Two trucks: on each a share of all orders; what arrives arrives with them."""
        came: dict[tuple[str, str], datetime] = {}
        trucks: tuple[list[dict[str, Any]], ...] = ([], [])
        arriving: tuple[list[dict[str, Any]], ...] = ([], [])
        for one, piece in ((fate, piece) for fate in self.fates for piece in fate.pieces):
            first = self._rng.randint(0, piece.despatched)
            arrived = min(first, piece.received)
            for nth, sent in enumerate((piece.vins[:first], piece.vins[first:])):
                trucks[nth].extend(_moved(one, piece, vin) for vin in sent)
                arriving[nth].extend(_moved(one, piece, vin) for vin in sent if vin in piece.vins[: piece.received])
            if piece.received >= piece.ordered:
                came[one.asked.order, piece.line] = self._at("arrival", 0 if arrived >= piece.ordered else 10)
        for nth in (0, 1):
            if trucks[nth]:
                self._despatch(trucks[nth], self._at("advice", 10 * nth))
            if arriving[nth]:
                came_by = self._say("delivery.received", "WE", self._at("arrival", 10 * nth), {"lines": arriving[nth]})
                self._trace("arrival", came_by.ref, arriving[nth])
        for one in self.fates:
            if one.window:
                calls = [self._call(one, piece, came.get((one.asked.order, piece.line))) for piece in one.pieces]
                self._of(one, "scheduled", self._at("schedule"), calls=calls)

    def _despatch(self, lines: list[dict[str, Any]], at: datetime) -> None:
        carrier, consignment = self._haulage.booked()
        lines = [{**line, "weight_kg": 100 * self._rng.randint(10, 18)} for line in lines]
        said = {**heading(carrier, consignment, at), "lines": lines}
        if self._rng.random() < 0.3:
            wrong = self._say("delivery.despatched", "LS", at, {**said, "lines": [{**lines[0], "quantity": lines[0]["quantity"] + 2}]})
            at += timedelta(minutes=5)
            advice = self._say("delivery.despatched", "LS", at, said, wrong.id)
        else:
            advice = self._say("delivery.despatched", "LS", at, said)
        self._trace("despatch", advice.ref, lines)
        self._trace("shipment", consignment, lines)
        self._trace("freight charge", consignment, lines)
        cargo = [Cargo(line["order"], line["line"], line["weight_kg"], line["vin"]) for line in lines]
        self.moved += self._haulage.moved(carrier, consignment, cargo, at)

    def _call(self, fate: Fate, piece: Piece, arrived: datetime | None) -> dict[str, Any]:
        hours = {"met": -1, "early": 1, "late": -3}[fate.window or "met"] if arrived else 24
        begins = (arrived or self._begin + self._span) + timedelta(hours=hours)
        call = {"call": f"{fate.number}/{piece.line}", "sequence": int(piece.line), "line": piece.line, "quantity": piece.ordered}
        return {**call, "window_from": written(begins), "window_minutes": 120}

    def _charge(self) -> None:
        """One invoice for all, to the dealer; or one for each order, to its customer."""
        charged = [one for one in self.fates if any(piece.invoiced for piece in one.pieces)]
        together = [charged] if len({one.is_paid for one in charged}) == 1 and self._rng.random() < 0.5 else [[one] for one in charged]
        for fates in together:
            account = {"dealer": fates[0].asked.dealer}
            if len(fates) == 1 and fates[0].asked.customer:
                account["customer"] = fates[0].asked.customer
            self._invoice(fates, account)

    def _invoice(self, fates: Sequence[Fate], account: dict[str, Any]) -> None:
        rng, at = self._rng, self._at("invoice")
        pieces = [(one, piece) for one in fates for piece in one.pieces if piece.invoiced]
        too_many = int(rng.random() < 0.2)
        lines = [_charged(one, piece, vin) for one, piece in pieces for vin in piece.vins[: piece.invoiced]]
        back = lines[:too_many]  # one vehicle is charged twice
        due = (at + timedelta(days=30)).date()
        head = {**account, "currency": "EUR"}
        invoice = self._say("invoice.issued", "RE", at, {**head, "due": due.isoformat(), "lines": [*lines, *back]}).ref
        self._trace("invoice", invoice, lines)
        if back:
            note = self._say("invoice.credited", "GS", self._at("credit"), {**head, "invoice": invoice, "lines": back})
            self._trace("credit note", note.ref, back)
        shares = Counter[str]()
        for one, piece in pieces:
            shares[one.asked.order] += piece.owed * piece.invoiced
        if rng.random() < 0.3:
            self._trace("receipt", self._pay(account, invoice, shares, "receipt", is_held=False), lines)
        if fates[0].is_paid:
            self._trace("receipt", self._pay(account, invoice, shares, "again", is_held=True), lines)
        credited = pieces[0][1].owed * too_many
        self.items["erp", f"invoice/{invoice}"] = {
            "dealer": account["dealer"],
            "customer": account.get("customer"),
            "due": due,
            "currency": "EUR",
            "amount_minor": shares.total() + credited,
            "credited_minor": credited,
            "paid_minor": shares.total() if fates[0].is_paid else 0,
            "open_minor": 0 if fates[0].is_paid else shares.total(),
            "margin_minor": sum(piece.margin * piece.invoiced for _, piece in pieces),
        }

    def _pay(self, account: dict[str, Any], invoice: str, shares: Counter[str], stage: str, *, is_held: bool) -> str:
        """What is paid too much is owed to the payer, unless the payment is taken back; returns the receipt."""
        lines = [{"invoice": invoice, "order": order, "amount": _eur(minor)} for order, minor in shares.items()]
        too_much = self._rng.choice((0, 0, 0, 12_345))
        amount = shares.total() + too_much
        paid = self._say("receipt.posted", "ZE", self._at(stage), {**account, "amount": _eur(amount), "lines": lines})
        if not is_held:
            self._say("receipt.reversed", "ZS", self._at("reversal"), {**account, "receipt": paid.ref, "lines": lines})
        self.items["erp", f"receipt/{paid.ref}"] = {
            "dealer": account["dealer"],
            "customer": account.get("customer"),
            "currency": "EUR",
            "amount_minor": amount,
            "open_minor": -too_much if is_held else 0,
        }
        return paid.ref

    def _trace(self, what: str, which: str, lines: Sequence[Mapping[str, Any]]) -> None:
        for line in lines:
            self.threads[line["vin"]].add((what, which))


def in_spoken_order(rng: Random, papers: Sequence[Meant], late: float, repeated: float) -> Iterator[Meant]:
    """As they reach the hub: some long after what followed them, some twice, and some once more under another id."""
    queue = [(place + (rng.uniform(5, 60) if rng.random() < late else 0.0), one) for place, one in enumerate(papers)]
    again = [(place + rng.uniform(0, 80), one) for place, one in queue if rng.random() < repeated]
    copies = [(place, one._replace(id=f"{one.id}/again") if _is_one_for_all(one) and rng.random() < 0.3 else one) for place, one in again]
    yield from (one for _, one in sorted([*queue, *copies], key=lambda said: said[0]))


def _is_one_for_all(paper: Meant) -> bool:
    """Whether its number says all: an advice or a carrier's report that was replaced is told from its successor by the event's id alone."""
    return paper.principal == "erp" and paper.deed != "delivery.despatched"


def _ordered(piece: Piece) -> dict[str, Any]:
    return {"line": piece.line, "product": "tour-l", "quantity": piece.ordered, "confirmed": piece.confirmed, "price": _eur(piece.price)}


def _moved(fate: Fate, piece: Piece, vin: str) -> dict[str, Any]:
    return {"order": fate.asked.order, "line": piece.line, "quantity": 1, "vin": vin}


def _charged(fate: Fate, piece: Piece, vin: str) -> dict[str, Any]:
    return {**_moved(fate, piece, vin), "net": piece.price, "tax": piece.owed - piece.price, "margin": piece.margin}


def _eur(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "EUR"}
