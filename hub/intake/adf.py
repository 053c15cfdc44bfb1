"""Leads in the Auto-lead Data Format 1.0, as what our contract says of a lead."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from contracts.contract import Finding, Invalid
from hub.intake.markup import Element, read
from hub.intake.mending import Grammar
from hub.intake.repair import MOST, Repair

MOST_LEADS = 500

_LEAVES = frozenset({
    "amount", "apartment", "balance", "bodystyle", "city", "comments", "condition", "country", "description", "doors", "earliestdate",
    "email", "exteriorcolor", "id", "imagetag", "interiorcolor", "latestdate", "make", "manufacturercode", "method", "model", "name",
    "odometer", "optionname", "phone", "postalcode", "preference", "price", "pricecomments", "regioncode", "requestdate", "service",
    "stock", "street", "transmission", "trim", "url", "vendorname", "vin", "weighting", "year",
})  # fmt: skip
_BRANCHES = frozenset({
    "address", "adf", "colorcombination", "contact", "customer", "finance", "option", "prospect", "provider", "timeframe", "vehicle",
    "vendor",
})  # fmt: skip
_ADF = Grammar("adf", _BRANCHES | _LEAVES, _LEAVES, many=("prospect", "vehicle"))

_INTENTIONS: Mapping[str, str] = {"buy": "purchase", "lease": "purchase", "test-drive": "test_drive", "sell": "other", "trade-in": "other"}
_WANTED = ("buy", "lease", "test-drive", "")
_PARTS = (("full",), ("first", "middle", "surname", "last", "suffix"))
_YEARS = range(1900, 2200)
_UNTIMED = "it counts from when it arrived, as it says no moment (ISO 8601)"


class Lead(NamedTuple):
    """One prospect: `fields` of our contract, each with the path in the document that it was read from.

    `ref` is its sender's own reference, if it has one. `moment` is when it was said, read from `requested`; None where nobody can tell, or
    it is sent again and news now. `is_vague`: its offset is not known, but it was not said later than it arrived.
    """

    ref: str | None
    fields: Mapping[str, str]
    paths: Mapping[str, str]
    requested: str
    moment: datetime | None
    is_vague: bool


class Sheet(NamedTuple):
    """What a document holds, what was mended in it, and the elements that our contract has no field for."""

    leads: list[Lead]
    repairs: list[Repair]
    passed_over: list[str]


def leads(raw: bytes, charset: str = "") -> Sheet:
    """All leads of a document; raises Invalid with the path of what keeps it from being read, and nothing else."""
    root, repairs = read(raw, _ADF, charset)
    prospects = list(root.all("prospect")) if root.name == _ADF.root else []
    if not 1 <= len(prospects) <= MOST_LEADS:
        raise Invalid(
            "adf", Finding("adf.prospect" if root.name == _ADF.root else "adf", f"an ADF document of 1 to {MOST_LEADS} prospects")
        )
    readings = [_Reading(one) for one in prospects]
    found = [reading.lead() for reading in readings]
    left = dict.fromkeys(path for reading in readings for path in reading.left())
    return Sheet(found, [*repairs, *(repair for reading in readings for repair in reading.repairs)][:MOST], list(left)[:MOST])


class _Reading:
    """One prospect as it is read: what was used of it, and what had to be guessed."""

    def __init__(self, prospect: Element) -> None:
        self._prospect, self.repairs = prospect, list[Repair]()
        self._used, self._fields, self._paths = set[int](), dict[str, str](), dict[str, str]()

    def lead(self) -> Lead:
        prospect = self._prospect
        name, contact = self._name()
        email, phone = self._one("email", contact.all("email") if contact else ()), self._phone(contact)
        self._keep("name", name or email or phone, f"{(contact or prospect).path}.name")
        if not name and (email or phone):
            self._mend("name", "the e-mail address or number stands for the name that is missing")
        vehicle, others = self._vehicles()
        interest = _said(vehicle, "interest") if vehicle else ""
        self._keep("intention", "purchase" if vehicle and not interest else _INTENTIONS.get(interest, "information"), "vehicle")
        if vehicle:
            self._keep("product", self._model(vehicle), vehicle.path)
        self._need(vehicle, others)
        requested = " ".join(one.line for one in prospect.all("requestdate"))
        moment, is_vague = self._moment()
        if _said(prospect, "status") == "resend":
            moment = None
        return Lead(self._ref(), {"lead_source": "web", **self._fields}, self._paths, requested, moment, is_vague)

    def left(self) -> Iterable[str]:
        """The paths of what says something and was not used."""
        waiting = [self._prospect]
        while waiting:
            element = waiting.pop()
            waiting += reversed(element.children)
            if id(element) not in self._used and element.name in _LEAVES and element.line:
                yield element.path

    def _ref(self) -> str | None:
        """The sender's own: the first in its order, with its source where it says one, as several may number alike."""
        ids = sorted(
            (one for one in self._prospect.all("id") if one.line),
            key=lambda one: (_said(one, "sequence") or "9").zfill(9),
        )
        if not ids:
            return None
        self._used |= {id(one) for one in ids}
        self._paths["lead"] = ids[0].path
        source = " ".join(ids[0].attributes.get("source", "").split())
        return f"{source}:{ids[0].line}" if source else ids[0].line

    def _name(self) -> tuple[str, Element | None]:
        contacts = [*self._prospect.all("customer", "contact"), *self._prospect.all("contact")]
        for contact in contacts:
            by_part: dict[str, Element] = {}
            for one in contact.all("name"):
                if one.line:
                    by_part.setdefault(_said(one, "part") or "full", one)
            for parts in (*_PARTS, tuple(by_part)):
                if found := [by_part[part] for part in parts if part in by_part]:
                    self._used |= {id(one) for one in by_part.values()}
                    return " ".join(one.line for one in found), contact
        return "", contacts[0] if contacts else None

    def _phone(self, contact: Element | None) -> str:
        """A number at which somebody answers, the one that they prefer first."""
        numbers = [one for one in (contact.all("phone") if contact else ()) if _said(one, "type") not in {"fax", "pager"}]
        return self._one("phone", sorted(numbers, key=lambda one: _said(one, "preferredcontact") != "1"))

    def _one(self, field: str, elements: Iterable[Element]) -> str:
        """The first that says something."""
        for one in elements:
            if one.line:
                self._used.add(id(one))
                self._keep(field, one.line, one.path)
                return one.line
        return ""

    def _vehicles(self) -> tuple[Element | None, list[Element]]:
        """The one that is wanted, and the others."""
        found = list(self._prospect.all("vehicle"))
        interests = [_said(one, "interest") for one in found]
        for wanted in _WANTED:
            if wanted in interests:
                place = interests.index(wanted)
                return found[place], found[:place] + found[place + 1 :]
        return (found[0], found[1:]) if found else (None, [])

    def _model(self, vehicle: Element) -> str:
        elements = [one for name in ("year", "make", "model", "trim") for one in vehicle.all(name) if one.line]
        self._used |= {id(one) for one in elements}
        return " ".join(one.line for one in elements)

    def _need(self, vehicle: Element | None, others: list[Element]) -> None:
        texts = [*self._prospect.all("customer", "comments"), *self._prospect.all("customer", "timeframe", "description")]
        texts += [*(vehicle.all("comments") if vehicle else ())]
        self._used |= {id(one) for one in texts}
        lines = [one.text for one in texts]
        lines += [f"{_said(one, 'interest') or 'also'}: {model}" for one in others if (model := self._model(one))]
        self._keep("need", "\n".join(line for line in lines if line), texts[0].path if texts else "vehicle")

    def _moment(self) -> tuple[datetime | None, bool]:
        for one in self._prospect.all("requestdate"):
            self._used.add(id(one))
            try:
                moment = datetime.fromisoformat(one.line)
                whole = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            except (ValueError, OverflowError):
                break
            if whole.year not in _YEARS:
                break
            self._paths["occurred_at"] = one.path
            if moment.tzinfo is None:
                self._mend("requestdate", "no offset: read as UTC, and no later than it arrived")
            return whole, moment.tzinfo is None
        self._mend("requestdate", _UNTIMED)
        return None, True

    def _keep(self, field: str, value: str, path: str) -> None:
        if value:
            self._fields[field] = value
        self._paths.setdefault(field, path if path.startswith("prospect") else f"{self._prospect.path}.{path}")

    def _mend(self, step: str, done: str) -> None:
        self.repairs.append(Repair(f"{self._prospect.path}.{step}", 0, done))


def _said(element: Element, attribute: str) -> str:
    """What an attribute says, in small letters."""
    return element.attributes.get(attribute, "").strip().lower()
