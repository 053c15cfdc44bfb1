"""Invent how customers, contacts, leads and opportunities live, each as a list of events in the order in which they happened."""
# ruff: noqa: PLR2004 - shares are the data of an invented world

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from hub.world import names, oem


class Draft(NamedTuple):
    """What happened and when, before anybody says it."""

    deed: str
    at: datetime
    said: dict[str, Any]


Said = dict[str, Any]


def moments(rng: Random, until: datetime, since: datetime | None = None) -> Iterator[datetime]:
    """Ever later moments, all before `until` and after `since`; now and then two things happen in the same second."""
    days = rng.uniform(3, 900)
    at = until - timedelta(days=days) if since is None else until - (until - since) * (1 - days / 9_000)
    yield at.replace(microsecond=0)
    while True:
        ahead = (until - at).total_seconds()
        at += timedelta(seconds=min(rng.expovariate(1 / (9 * 86_400)) + 1, ahead / 2))
        yield at.replace(microsecond=0 if rng.random() < 0.9 else rng.randrange(1_000_000))


def customer(rng: Random, times: Iterator[datetime], staff: Sequence[str], parent: str | None) -> list[Draft]:
    """Recorded, then changed, classified, assigned and recorded again."""
    is_person = rng.random() < 0.6
    life = [Draft("customer.recorded", next(times), _customer_card(rng, is_person, staff, parent))]
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 5))):
        deed = rng.choice(("customer.changed", "customer.changed", "customer.classified", "customer.assigned", "customer.recorded"))
        life.append(Draft(deed, next(times), _customer_news(rng, deed, is_person, staff, parent)))
    return life


def _customer_news(rng: Random, deed: str, is_person: bool, staff: Sequence[str], parent: str | None) -> Said:
    match deed:
        case "customer.recorded":
            return _customer_card(rng, is_person, staff, parent)
        case "customer.classified":
            said: Said = {"status": rng.choice(("prospect", "active", "active", "dormant", "lost", "closed"))}
            return said | ({"segments": _segments(rng)} if rng.random() < 0.7 else {})
        case "customer.assigned":
            return {"owner": rng.choice(staff)}
        case _:
            return _customer_change(rng, is_person)


def _customer_card(rng: Random, is_person: bool, staff: Sequence[str], parent: str | None) -> Said:
    name = names.person(rng) if is_person else names.firm(rng)
    said: Said = {"customer_kind": "person" if is_person else "organisation", "name": name}
    _maybe(rng, said, 0.8, email=lambda: names.email(rng, name), phone=lambda: names.phone(rng))
    _maybe(rng, said, 0.7, address=lambda: names.address(rng), language=lambda: names.language(rng), owner=lambda: rng.choice(staff))
    _maybe(rng, said, 0.3, segments=lambda: _segments(rng), note=lambda: rng.choice(names.NOTES), country=lambda: "DE")
    _maybe(rng, said, 0.2, status=lambda: rng.choice(("prospect", "dormant")))
    if is_person:
        _maybe(rng, said, 0.5, birthday=lambda: f"19{rng.randrange(40, 100)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}")
    else:
        _maybe(rng, said, 0.5, sector=lambda: names.sector(rng), employees=lambda: rng.randrange(1, 5000))
        _maybe(rng, said, 0.5, founded=lambda: rng.randrange(1900, 2024))
        _maybe(rng, said, 0.4, revenue=lambda: _money(rng, 900_000_000), registration_number=lambda: f"HRB {rng.randrange(100_000)}")
        if parent is not None:
            said["parent"] = parent
    return said


def _customer_change(rng: Random, is_person: bool) -> Said:
    said: Said = {}
    _maybe(rng, said, 0.4, phone=lambda: names.phone(rng), address=lambda: names.address(rng), note=lambda: rng.choice(names.NOTES))
    _maybe(rng, said, 0.2, email=lambda: names.email(rng, names.word(rng)), language=lambda: names.language(rng))
    if not is_person:
        _maybe(rng, said, 0.3, revenue=lambda: _money(rng, 900_000_000), employees=lambda: rng.randrange(1, 5000))
        _maybe(rng, said, 0.3, sector=lambda: names.sector(rng))
    said = {field: value for field, value in said.items() if value is not None}
    if rng.random() < 0.3:
        clearable = [f for f in ("email", "phone", "address", "language", "sector", "revenue", "employees", "note") if f not in said]
        if cleared := rng.sample(clearable, min(rng.randrange(1, 3), len(clearable))):
            said["cleared"] = cleared
    return said


def contact(rng: Random, times: Iterator[datetime], customers: Sequence[str], colleagues: Sequence[str]) -> list[Draft]:
    """Recorded, gets a superior, moves on, leaves, comes back."""
    home = rng.choice(customers)
    life = [Draft("contact.recorded", next(times), _contact_card(rng, home))]
    for _ in range(rng.choice((0, 1, 1, 2, 3, 4))):
        match rng.choice(("moved", "left", "reports_to", "reports_to", "recorded")):
            case "moved":
                home = rng.choice(customers)
                life.append(Draft("contact.moved", next(times), {"customer": home}))
            case "left":
                life.append(Draft("contact.left", next(times), {}))
            case "reports_to":
                superior = rng.choice(colleagues) if colleagues and rng.random() < 0.8 else None
                life.append(Draft("contact.reports_to", next(times), {"superior": superior}))
            case _:
                life.append(Draft("contact.recorded", next(times), _contact_card(rng, home)))
    return life


def _contact_card(rng: Random, customer: str) -> Said:
    name = names.person(rng)
    said: Said = {"customer": customer, "name": name}
    _maybe(rng, said, 0.7, email=lambda: names.email(rng, name), phone=lambda: names.phone(rng))
    _maybe(rng, said, 0.5, function=lambda: rng.choice(("Purchasing", "Fleet", "Owner", "Accounts")), language=lambda: names.language(rng))
    return said


def lead(rng: Random, times: Iterator[datetime], staff: Sequence[str], customer: str | None, opportunity: str) -> list[Draft]:
    """Received, sent again, answered, then an opportunity or nothing."""
    card = _lead_card(rng, customer)
    life = [Draft("lead.received", next(times), card)]
    if rng.random() < 0.2:
        life.append(Draft("lead.received", next(times), {**card, "need": rng.choice(names.NOTES), "intention": "purchase"}))
    for deed, chance in (("answered", 0.8), ("answered", 0.1), ("dropped", 0.3), ("promoted", 0.5), ("dropped", 0.05)):
        if rng.random() < chance:
            life.append(Draft(f"lead.{deed}", next(times), _lead_news(rng, deed, staff, opportunity)))
    return life


def _lead_card(rng: Random, customer: str | None) -> Said:
    name = names.person(rng)
    said: Said = {"name": name, "lead_source": rng.choice(("web", "fair", "call_centre", "walk_in", "referral", "campaign", "other"))}
    _maybe(rng, said, 0.7, email=lambda: names.email(rng, name), phone=lambda: names.phone(rng), product=lambda: rng.choice(oem.PRODUCTS))
    _maybe(rng, said, 0.5, intention=lambda: rng.choice(("purchase", "test_drive", "service")), need=lambda: rng.choice(names.NOTES))
    if customer is not None:
        said["customer"] = customer
    return said


def _lead_news(rng: Random, deed: str, staff: Sequence[str], opportunity: str) -> Said:
    match deed:
        case "answered":
            return {"by": rng.choice(staff)} if rng.random() < 0.6 else {}
        case "promoted":
            return {"opportunity": opportunity}
        case _:
            return {"reason": rng.choice(("no budget", "bought elsewhere", "not reachable"))} if rng.random() < 0.7 else {}


def opportunity(rng: Random, times: Iterator[datetime], staff: Sequence[str], customer: str, lead: str | None) -> list[Draft]:
    """Opened, moved through the stages of its model, won or lost, reopened, and so on for some chapters."""
    model = "standard" if rng.random() < 0.7 else "fleet"
    at = next(times)
    stage = oem.stages(model, at)[0]["id"]
    life = [Draft("opportunity.opened", at, _opening(rng, model, stage, staff, customer, lead))]
    named: Said = {} if model == "standard" and rng.random() < 0.5 else {"sales_model": model}
    for chapter in range(rng.choice((1, 1, 1, 2, 2, 3))):
        if chapter:
            at = next(times)
            stage = rng.choice(oem.stages(model, at))["id"] if rng.random() < 0.3 else stage
            life.append(Draft("opportunity.reopened", at, {**named, "stage": stage}))
        for _ in range(rng.choice((0, 1, 2, 2, 3, 4))):
            at = next(times)
            target = rng.choice(oem.may_follow(model, stage, at))
            said: Said = {**named, "from_stage": stage, "to_stage": target}
            _maybe(rng, said, 0.3, amount=lambda: _money(rng, 9_000_000), expected_close=lambda: _day(rng))
            life.append(Draft("opportunity.moved", at, said))
            stage = target
        if rng.random() < 0.8:
            life.append(_closing(rng, model, stage, next(times), named))
    return life


def _opening(rng: Random, model: str, stage: str, staff: Sequence[str], customer: str, lead: str | None) -> Said:
    said: Said = {"stage": stage, "customer": customer}
    if model != "standard" or rng.random() < 0.5:
        said["sales_model"] = model
    if lead is not None:
        said["lead"] = lead
    _maybe(rng, said, 0.7, owner=lambda: rng.choice(staff), product=lambda: rng.choice(oem.PRODUCTS), amount=lambda: _money(rng, 9_000_000))
    _maybe(rng, said, 0.4, title=lambda: f"{rng.randrange(1, 40)} x {rng.choice(oem.PRODUCTS)}", expected_close=lambda: _day(rng))
    return said


def _closing(rng: Random, model: str, stage: str, at: datetime, named: Said) -> Draft:
    here = oem.stage(model, stage, at)
    if here["may_win"] and (rng.random() < 0.5 or not here["may_lose"]):
        said: Said = {**named, "stage": stage}
        _maybe(rng, said, 0.5, amount=lambda: _money(rng, 9_000_000))
        return Draft("opportunity.won", at, said)
    return Draft("opportunity.lost", at, {**named, "stage": stage, **loss(rng)})


def loss(rng: Random) -> Said:
    """A reason in use, and a competitor who is known or none."""
    return {"reason": rng.choice(oem.LOSS_REASONS), "competitor": rng.choice(oem.COMPETITORS)}


def otherwise(rng: Random, draft: Draft) -> Draft:
    """The same event as somebody got it wrong: one that is allowed, with something else in it."""
    said = dict(draft.said)
    match draft.deed:
        case "opportunity.won" if oem.stage(said.get("sales_model", "standard"), said["stage"], draft.at)["may_lose"]:
            said.pop("amount", None)
            return Draft("opportunity.lost", draft.at, said | loss(rng))
        case "opportunity.lost":
            return draft._replace(said=said | loss(rng))
        case "opportunity.opened" | "opportunity.moved" | "opportunity.won":
            return draft._replace(said=said | {"amount": _money(rng, 9_000_000)})
        case "customer.recorded" | "customer.changed" | "contact.recorded" | "lead.received":
            cleared = [field for field in said.get("cleared", ()) if field != "phone"]
            return draft._replace(said=said | {"name": names.person(rng), "phone": names.phone(rng), "cleared": cleared})
        case _:
            return draft


def _segments(rng: Random) -> list[str]:
    return rng.sample(("fleet", "vip", "service_only", "young_family", "electric"), rng.randrange(3))


def _money(rng: Random, most: int) -> Said:
    return {"minor": rng.randrange(100, most), "currency": rng.choice(("EUR", "EUR", "GBP", "PLN"))}


def _day(rng: Random) -> str:
    return f"202{rng.randrange(5, 8)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"


def _maybe(rng: Random, said: Said, chance: float, **fields: Callable[[], Any]) -> None:
    """Some of the fields; of those not known, some systems write null and others nothing."""
    for field, make in fields.items():
        luck = rng.random()
        if luck < chance:
            said[field] = make()
        elif luck > 0.97 and field not in {"segments", "status", "intention"}:
            said[field] = None
