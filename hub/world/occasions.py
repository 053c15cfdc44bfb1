"""Customers of whom somebody named a day: a contract ends, a car is old, an invoice is not paid. Who must hear of it, and who must not.

A beginning, a handover or an invoice, is the last thing said of each: the hub knows what ends it when it reckons for the first time.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from zlib import crc32

from hub.world.reckoning import Row
from hub.world.speech import Meant
from hub.world.truth import Named

Kind = Literal["contract_end", "repurchase", "dunning"]

PLANS: Mapping[Kind, dict[str, Any]] = {
    "contract_end": {
        "name": "End of leasing or financing",
        "steps": [{"id": "soon", "days": -60}, {"id": "due", "days": 0}],
        "purpose": "renewal",
        "template": "contract-end",
    },
    "repurchase": {
        "name": "Three years with a car",
        "months": 36,
        "steps": [{"id": "offer", "days": -30}, {"id": "again", "days": 60}],
        "purpose": "renewal",
        "template": "next-car",
    },
    "dunning": {
        "name": "Invoices to be paid",
        "steps": [{"id": "reminder", "days": 7}, {"id": "first", "days": 21}],
        "purpose": "account",
        "template": "dunning",
    },
}
_FATES: Mapping[Kind, tuple[str, ...]] = {
    "contract_end": ("agrees", "silent", "complains", "content", "sold", "extended"),
    "repurchase": ("agrees", "silent", "sold", "waits"),
    "dunning": ("owes", "objects", "bounced", "paid", "credited", "waits"),
}
"""Some have a day that has come, of others it is over or far away."""
_KINDS = [(kind, fate) for kind, fates in _FATES.items() for fate in fates]

_REACHED = frozenset({"agrees", "content", "owes", "objects", "bounced"})
"""To whom a mail must go: what is owed is no marketing, so nobody's objection stands against it."""
_KEPT_BACK = frozenset({"silent", "complains"})
"""To whom one would go, had they agreed, or were their complaint settled; the others are not to be reminded at all."""

_AHEAD: Mapping[Kind, timedelta] = {
    "contract_end": timedelta(days=45),
    "repurchase": timedelta(days=16),
    "dunning": timedelta(days=-12),
}
"""So long after the world's end their days are: the first step has been passed by then, the next one has not."""
_LATER = timedelta(days=200)
_HELD: Mapping[Kind, timedelta] = {"contract_end": timedelta(days=700), "repurchase": timedelta(days=3 * 365 + 1)}
_COMPLAIN = frozenset({"complains", "content"})
_ANSWERED = timedelta(days=32)
_HANDLER = "complaints desk"
_MARK = "-day-"
"""In the references of all of them, and of nobody else."""
_NET, _TAX = 40_000, 7_600
_OWED = {"minor": _NET + _TAX, "currency": "EUR"}


class Client(NamedTuple):
    """One customer; what it is `about` is a VIN or the number of an invoice, and its day is `due_at`."""

    kind: Kind
    fate: str
    dealer: str
    customer: str
    about: str
    due_at: datetime

    @property
    def number(self) -> str:
        """Its place among all of them."""
        return self.customer.rpartition("-")[2]


class Occasions:
    """The customers of a world that ends at a moment; the same parameters say the same."""

    def __init__(self, dealers: tuple[str, ...], until: datetime, mark: str, clients: int = 32) -> None:
        self._dealers, self._until, self._mark = dealers, until, mark
        self.clients = [self._client(number, *_KINDS[number % len(_KINDS)]) for number in range(clients)]

    def _client(self, number: int, kind: Kind, fate: str) -> Client:
        plant = f"{crc32(self._mark.encode()) % 10**9:09}"
        about = f"RE{_MARK}{self._mark}-{number}" if kind == "dunning" else f"WVWY{plant}{number:04}"
        due_at = self._until + _AHEAD[kind] + (_LATER if fate in {"waits", "extended"} else timedelta())
        return Client(kind, fate, self._dealers[number % len(self._dealers)], f"K{self._mark}{_MARK}{number}", about, due_at)

    def base_data(self, at: datetime) -> Iterable[Meant]:
        """The plans by which they are reminded."""
        for kind, plan in PLANS.items():
            edition = f"reminder_plan/{kind}@1900-01-01"
            said = {"id": kind, "effective_from": "1900-01-01", "zone": "Europe/Berlin", **plan}
            yield Meant("oem", "reminder_plan.recorded", edition, at, None, None, "/oem/base", edition, said)

    def people(self) -> list[Meant]:
        """Who they are."""
        return [self._of_dealer(one, "customer.recorded", one.customer, timedelta(), self._described(one)) for one in self.clients]

    def wishes(self) -> Iterable[Meant]:
        """What they agree to, or refuse."""
        for one in self.clients:
            about = {"person": one.customer, "channels": ["email"], "proof": {"where": "handover"}}
            if one.fate == "objects":
                yield self._of_dealer(one, "consent.withdrawn", one.customer, timedelta(), {**about, "purposes": ["account", "renewal"]})
            elif one.kind != "dunning" and one.fate != "silent":
                yield self._of_dealer(one, "consent.given", one.customer, timedelta(), {**about, "purposes": ["renewal"]})

    def endings(self) -> Iterable[Meant]:
        """What ends or moves the days of some, said before anybody knows of them."""
        for one in self.clients:
            match one.fate:
                case "sold":
                    yield self._of_dealer(one, "vehicle.sold_on", one.about, timedelta(days=600), {}, self._another(one.dealer))
                case "complains" | "content":
                    complaint = self._complaint(one)
                    said = {"customer": one.customer, "category": "delivery"}
                    yield self._of_dealer(one, "complaint.received", complaint, timedelta(days=30), said)
                    yield self._of_dealer(one, "complaint.assigned", complaint, timedelta(days=31), {"staff": _HANDLER})
                    yield self._of_dealer(one, "complaint.answered", complaint, _ANSWERED, {})
                    if one.fate == "content":
                        yield self._of_dealer(one, "complaint.closed", complaint, timedelta(days=40), {"outcome": "repaired"})
                case "extended":
                    yield self._handed_over(one, timedelta(days=650))
                case "paid" | "bounced":
                    settled = [{"invoice": one.about, "order": self._repair(one), "amount": _OWED}]
                    paid = self._of_erp(
                        one, "receipt.posted", f"ZE{_MARK}{self._mark}-{one.number}", 15, {"amount": _OWED, "lines": settled}
                    )
                    yield paid
                    if one.fate == "bounced":
                        back = {"receipt": paid.ref, "lines": settled}
                        yield self._of_erp(one, "receipt.reversed", self._paper("ZS", one), 20, back)
                case "credited":
                    credited = {"invoice": one.about, "currency": "EUR", "lines": self._lines(one)}
                    yield self._of_erp(one, "invoice.credited", self._paper("GS", one), 15, credited)
                case _:
                    pass  # nothing ends it

    def beginnings(self) -> Iterable[Meant]:
        """The handovers and invoices from which the days follow."""
        for one in self.clients:
            if one.kind == "dunning":
                issued = {"currency": "EUR", "due": one.due_at.date().isoformat(), "lines": self._lines(one)}
                yield self._of_erp(one, "invoice.issued", one.about, 0, issued)
            else:
                yield self._handed_over(one)

    def truth(self) -> Mapping[str, Mapping[Named, Row]]:
        """The mails that there must be, and no others; and what is owed of each invoice."""
        bills = [one for one in self.clients if one.kind == "dunning"]
        receipts = [said for said in self.endings() if said.deed == "receipt.posted"]
        return {
            "deliveries": {
                (f"dealer:{one.dealer}", f"{one.customer}/{PLANS[one.kind]['steps'][0]['id']}"): {
                    "about": one.about,
                    "is_excluded": one.fate in _KEPT_BACK,
                    "channel": "" if one.fate in _KEPT_BACK else "email",
                }
                for one in self.clients
                if one.fate in _REACHED | _KEPT_BACK
            },
            "complaints": {
                (f"dealer:{one.dealer}", self._complaint(one)): self._handled(one) for one in self.clients if one.fate in _COMPLAIN
            },
            "open_items": {
                **{("erp", f"invoice/{one.about}"): self._item(one) for one in bills},
                **{("erp", f"receipt/{said.ref}"): {"open_minor": 0} for said in receipts},
            },
        }

    def _complaint(self, one: Client) -> str:
        return f"B{self._mark}{_MARK}{one.number}"

    def _handled(self, one: Client) -> Row:
        """Who has it in hand; as long as it is not settled, its customer is not written to."""
        is_over = one.fate == "content"
        outcome, status = ("repaired", "closed") if is_over else (None, "open")
        answered_at = (self._began(one) + _ANSWERED).replace(microsecond=0)
        return {"status": status, "outcome": outcome, "staff": _HANDLER, "answered_at": answered_at, "reopenings": 0}

    def _item(self, one: Client) -> Row:
        is_open = one.fate not in {"paid", "credited"}
        return {"dealer": one.dealer, "customer": one.customer, "due": one.due_at.date(), "open_minor": _OWED["minor"] if is_open else 0}

    def _handed_over(self, one: Client, after: timedelta = timedelta()) -> Meant:
        ends = one.due_at if after or one.fate != "extended" else one.due_at - _LATER
        said = {"customer": one.customer, "odometer_km": 8, "product": "tour-m"}
        more = {"contract_ends": ends.date().isoformat()} if one.kind == "contract_end" else {}
        return self._of_dealer(one, "vehicle.handed_over", one.about, after, {**said, **more})

    def _described(self, one: Client) -> dict[str, Any]:
        reached = {"email": f"client-{one.number}@example.com"}
        return {"name": f"Client {one.number}", "language": "en", "address": {"city": "Beispielstadt", "country": "DE"}, **reached}

    def _lines(self, one: Client) -> list[dict[str, Any]]:
        return [{"order": self._repair(one), "line": "10", "quantity": 1, "net": _NET, "tax": _TAX}]

    def _paper(self, letters: str, one: Client) -> str:
        return f"{letters}{_MARK}{self._mark}-{one.number}"

    def _repair(self, one: Client) -> str:
        """An order of the workshop's, of which the hub hears by its papers alone."""
        return f"R{crc32(self._mark.encode()) % 10**9:09}-{one.number}"

    def _another(self, dealer: str) -> str:
        return next((other for other in self._dealers if other != dealer), dealer)

    def _began(self, one: Client) -> datetime:
        """When the car was handed over, or the invoice issued."""
        if one.kind == "dunning":
            return self._until - timedelta(days=42)
        return self._until + _AHEAD[one.kind] - _HELD[one.kind] + (_LATER if one.fate == "waits" else timedelta())

    def _of_dealer(self, one: Client, deed: str, ref: str, after: timedelta, said: dict[str, Any], dealer: str = "") -> Meant:
        dealer, at = dealer or one.dealer, self._began(one) + after
        name = f"{deed}/{one.customer}/{after.days}"
        return Meant(f"dealer:{dealer}", deed, ref, at.replace(microsecond=0), None, None, f"/dealers/{dealer}/dms", name, said)

    def _of_erp(self, one: Client, deed: str, document: str, days: int, said: dict[str, Any]) -> Meant:
        at, account = self._began(one) + timedelta(days=days), {"dealer": one.dealer, "customer": one.customer}
        return Meant(
            "erp", deed, document, at.replace(microsecond=0), None, None, "/erp/finance", f"{deed}/{document}", {**account, **said}
        )


def is_client(person: str) -> bool:
    """Whether a customer of that reference is one of them."""
    return _MARK in person
