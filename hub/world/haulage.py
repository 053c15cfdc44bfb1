"""Carriers that move what the ERP despatches, report it late and at times wrongly, and bill it with errors that are known."""
# ruff: noqa: PLR2004 - shares are the data of an invented world

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from hub.world import prices
from hub.world.speech import Meant

ERRORS = ("rate", "weight", "fuel", "arithmetic", "accessorial_not_earned", "duplicate_invoice", "currency", "unknown_shipment")
_HAULIERS = ("rhein-trans", "nordfracht", "alpen-cargo", "hansa-spedition")
_SEEN_AFTER = frozenset({"collected", "in_transit", "at_hub"})
"""The statuses after which the lorry tells once where it is."""
_WAY = ("booked", "collected", "in_transit", "at_hub", "out_for_delivery", "delivered")
_INCIDENTS = ("traffic", "breakdown", "weather")
_A_BILL = 5


class Cargo(NamedTuple):
    """One line of an order on board."""

    order: str
    line: str
    weight_kg: int
    vin: str | None = None


class Planted(NamedTuple):
    """An error on a bill: where, of which kind, and how much too much it asks."""

    carrier: str
    consignment: str
    invoice: str
    line: str
    reason: str
    too_much_minor: int


class Carried(NamedTuple):
    """What became of a consignment, and what its carriage costs by rights: `charges` by their codes, in cents.

    `seen` is where it was seen last, in millionths of a degree.
    """

    carrier: str
    consignment: str
    delivered_at: datetime
    orders: tuple[str, ...]
    charges: dict[str, int]
    weight_kg: int
    fuel_milli: int
    seen: dict[str, int]

    @property
    def cost_minor(self) -> int:
        """All that is owed for it."""
        return sum(self.charges.values())


class Haulage:
    """Some carriers; the same parameters say the same. `error_share` of the consignments are billed with an error.

    A `mark` stands in all their references, so that worlds may follow one another on one hub.
    """

    def __init__(self, seed: object = 1, carriers: int = 2, error_share: float = 0.4, mark: str = "") -> None:
        if not 1 <= carriers <= len(_HAULIERS):
            raise ValueError(f"carriers: expected 1 to {len(_HAULIERS)}, got {carriers}")
        self.carriers = _HAULIERS[:carriers]
        self.planted: list[Planted] = []
        self.carried: list[Carried] = []
        self._rng = Random(f"{seed} haulage")
        self._share = error_share
        self._mark = f"{mark}-" if mark else ""
        self._numbers: Counter[str] = Counter()
        self._unbilled: list[Carried] = []
        self._answered = 0

    def base_data(self, since: datetime, until: datetime) -> Iterator[Meant]:
        """Their terms, prices and the fuel of every week of a period."""
        return prices.base_data(self.carriers, since, until)

    def carry(self, cargo: Sequence[Cargo], at: datetime) -> list[Meant]:
        """A consignment: the ERP's advice and the carrier's reports, in the order in which they are said."""
        carrier, ref = self.booked()
        return _late(self._rng, [self._advice(carrier, ref, cargo, at), *self.moved(carrier, ref, cargo, at)])

    def booked(self) -> tuple[str, str]:
        """The carrier that comes next, and its reference for the consignment."""
        carrier = self._rng.choice(self.carriers)
        return carrier, f"{carrier[:2].upper()}-{self._number('consignment')}"

    def moved(self, carrier: str, ref: str, cargo: Sequence[Cargo], at: datetime) -> list[Meant]:
        """What the carrier reports of a consignment that left then; on time, within 20 hours."""
        rng = self._rng
        waiting = rng.choice((0, 0, 0, 2, 3, 4))
        weight, fuel = sum(one.weight_kg for one in cargo), prices.fuel_milli(at)
        charges = prices.charges(weight, waiting, at)
        said: list[Meant] = []
        delivered, seen = at, dict[str, int]()
        for number, status in enumerate(_WAY):
            delivered = at + timedelta(hours=3 * (number + 1), minutes=rng.randrange(60))
            services = [{"code": "waiting", "quantity": waiting}] if waiting and status == "collected" else []
            said += self._reports(carrier, ref, status, delivered, services)
            if status in _SEEN_AFTER:
                seen = _somewhere(f"{ref} {status}")
                said.append(self._say(carrier, "shipment.positioned", ref, delivered + timedelta(minutes=90), seen))
        if rng.random() < 0.3:
            said.append(self._say(carrier, "shipment.estimated", ref, at + timedelta(hours=5), {"estimated_arrival": _written(delivered)}))
        said.append(self._say(carrier, "shipment.proven", ref, delivered + timedelta(minutes=2), {"document": f"POD-{ref}"}))
        carried = Carried(carrier, ref, delivered, tuple(dict.fromkeys(one.order for one in cargo)), charges, weight, fuel, seen)
        self.carried.append(carried)
        self._unbilled.append(carried)
        return said

    def bills(self, at: datetime) -> list[Meant]:
        """Collective bills for all that was carried and not billed yet: a week after the last of it arrived, and not after `at`.

        What nobody despatched is billed at the end, so that it is too early to say what it is.
        """
        said: list[Meant] = []
        for carrier in self.carriers:
            own = [one for one in self._unbilled if one.carrier == carrier]
            for start in range(0, len(own), _A_BILL):
                loads = own[start : start + _A_BILL]
                said += self._bill(carrier, loads, min(at, max(load.delivered_at for load in loads) + timedelta(days=7)), at)
        self._unbilled.clear()
        return said

    def credits(self, at: datetime) -> list[Meant]:
        """Answers and credit notes: for half of the errors that can be known at once, all that was too much comes back; once for each."""
        said: list[Meant] = []
        for nth, error in enumerate(self.planted[self._answered :], self._answered):
            if error.reason == "unknown_shipment" or nth % 2:
                continue
            told = {"invoice": error.invoice, "answer": "granted"}
            said.append(self._say(error.carrier, "freight_dispute.answered", error.consignment, at, told))
            line = {"line": error.line, "consignment": error.consignment, "amount_minor": error.too_much_minor}
            currency = "CHF" if error.reason == "currency" else "EUR"
            body = {"invoice": error.invoice, "currency": currency, "lines": [line]}
            note = f"C-{self._number('credit')}"
            said.append(self._say(error.carrier, "freight.credited", note, at + timedelta(minutes=5), body))
        self._answered = len(self.planted)
        return said

    def _bill(self, carrier: str, loads: Sequence[Carried], at: datetime, end: datetime) -> list[Meant]:
        rng = self._rng
        invoice = f"I-{self._number('invoice')}"
        bills: dict[str, list[dict[str, Any]]] = {invoice: []}
        for load in loads:
            error = rng.choice(ERRORS) if rng.random() < self._share else None
            lines = prices.lines(load.consignment, load.charges, load.weight_kg, load.fuel_milli)
            apart = f"{invoice}-{load.consignment}"
            match error:
                case "currency":
                    bills[apart] = lines
                    self._plant(carrier, apart, lines, error)
                    continue
                case "duplicate_invoice":
                    bills[apart] = prices.lines(load.consignment, load.charges, load.weight_kg, load.fuel_milli)
                    self._plant(carrier, apart, bills[apart], error)
                case "unknown_shipment":
                    stranger = f"{carrier[:2].upper()}-X{self._number('stranger')}"
                    bills[apart] = [{"line": "1", "consignment": stranger, "charge": "freight", "amount_minor": 12_300}]
                    self._plant(carrier, apart, bills[apart], error)
                case str():
                    spoilt, too_much = prices.spoilt(rng, error, lines, load.charges, load.weight_kg)
                    number = f"{len(bills[invoice]) + lines.index(spoilt) + 1}"
                    self.planted.append(Planted(carrier, load.consignment, invoice, number, error, too_much))
                case None:
                    pass
            bills[invoice] += [{**line, "line": f"{len(bills[invoice]) + number}"} for number, line in enumerate(lines, 1)]
        abroad = {error.invoice for error in self.planted if error.reason == "currency"}
        strange = {error.invoice for error in self.planted if error.reason == "unknown_shipment"}
        said: list[Meant] = []
        for nth, (number, lines) in enumerate(bills.items()):
            if lines:
                total = sum(line["amount_minor"] for line in lines)
                body = {"currency": "CHF" if number in abroad else "EUR", "lines": lines, "net_minor": total}
                when = end if number in strange else at
                said.append(self._say(carrier, "freight.invoiced", number, when + timedelta(minutes=nth), body))
        return said

    def _plant(self, carrier: str, invoice: str, lines: Sequence[dict[str, Any]], reason: str) -> None:
        for line in lines:
            self.planted.append(Planted(carrier, line["consignment"], invoice, line["line"], reason, line["amount_minor"]))

    def _reports(self, carrier: str, ref: str, status: str, at: datetime, services: list[dict[str, Any]]) -> Iterator[Meant]:
        """One status: at times after a mistake that it corrects, at times after an incident, at times told twice."""
        rng = self._rng
        told: dict[str, Any] = {"status": status, "place": {"city": "Leipzig", "country": "DE"}}
        if services:
            told["services"] = services
        wrong = None
        if rng.random() < 0.1 and status not in {"collected", "delivered"}:
            wrong = self._say(carrier, "shipment.reported", ref, at, {"status": "delivered"})
            yield wrong
        if rng.random() < 0.1 and status == "in_transit":
            amiss = {"status": "exception", "incident": rng.choice(_INCIDENTS)}
            yield self._say(carrier, "shipment.reported", ref, at - timedelta(minutes=30), amiss)
        event = self._say(carrier, "shipment.reported", ref, at, told, wrong.id if wrong else None)
        yield event
        if rng.random() < 0.1:
            yield event

    def _advice(self, carrier: str, ref: str, cargo: Sequence[Cargo], at: datetime) -> Meant:
        lines = [
            {"order": one.order, "line": one.line, "quantity": 1, "weight_kg": one.weight_kg, **({"vin": one.vin} if one.vin else {})}
            for one in cargo
        ]
        body = {**heading(carrier, ref, at), "lines": lines}
        return Meant("erp", "delivery.despatched", f"LS-{ref}", at, None, None, "/erp", f"LS-{ref}", body)

    def _say(self, carrier: str, deed: str, ref: str, at: datetime, said: dict[str, Any], corrects: str | None = None) -> Meant:
        id_ = f"{carrier}-{self._number(carrier)}"
        return Meant(f"carrier:{carrier}", deed, ref, at, None, corrects, f"/carriers/{carrier}", id_, said)

    def _number(self, kind: str) -> str:
        self._numbers[kind] += 1
        return f"{self._mark}{self._numbers[kind]}"


def heading(carrier: str, ref: str, at: datetime) -> dict[str, Any]:
    """What a despatch advice says beside its lines: whose consignment it is, from where to where, and until when."""
    ends = {"origin": {"country": "DE", "postal_code": "10317"}, "destination": {"country": "DE", "postal_code": "80939"}}
    return {"carrier": carrier, "consignment": ref, "expected_at": _written(at + timedelta(hours=24)), **ends}


def _somewhere(what: str) -> dict[str, int]:
    """A place in the middle of Germany, of its own for each thing."""
    rng = Random(what)
    return {"latitude_micro": 48_000_000 + rng.randrange(6_000_000), "longitude_micro": 8_000_000 + rng.randrange(5_000_000)}


def _late(rng: Random, said: list[Meant]) -> list[Meant]:
    """The same in another order: one in eight comes later than what it should have come before."""
    told = [(nth + (rng.uniform(1, 6) if rng.random() < 0.12 else 0), nth, event) for nth, event in enumerate(said)]
    return [event for *_, event in sorted(told, key=lambda one: one[:2])]


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
