"""Remind of a car that may soon be another: of the end of its leasing or financing, and of how long its customer has had it."""

from collections.abc import Iterable
from datetime import datetime

from contracts.vehicles import VehicleHandedOver, VehicleSoldOn
from hub.rules.decision import Decision, Facts, Keep, Subject
from hub.rules.occasions.occasion import Occasion, begun, named, settled
from hub.rules.vehicles import EVERYBODY

CONTRACT_END, REPURCHASE = "contract_end", "repurchase"
OF_CARS = frozenset({CONTRACT_END, REPURCHASE})


def of_car(event: VehicleHandedOver | VehicleSoldOn, _principal: str) -> Iterable[Subject]:
    """What all dealers say of a VIN meets in one reminder of each kind: a sale at one ends what another reminds of."""
    return [Subject(EVERYBODY, named(kind, event.vin)) for kind in (CONTRACT_END, REPURCHASE)]


def handed_over(state: Occasion | None, event: VehicleHandedOver, facts: Facts) -> Decision[Occasion]:
    """A customer of the dealer has it from now on; told again of the same one it moves the end of a contract that it names."""
    known = state or begun(facts, event.occurred_at)
    if state is None and (known.kind == CONTRACT_END and event.contract_ends is None):
        return Keep("no contract of this car is known")
    new = _held(known, _dealer(facts), event.customer, event.occurred_at)
    new = new._replace(product=event.product or new.product)
    if new.kind == CONTRACT_END and event.contract_ends is not None:
        new = new._replace(due_on=event.contract_ends)
    return settled(state, new, event.occurred_at, facts.base)


def sold_on(state: Occasion | None, event: VehicleSoldOn, facts: Facts) -> Decision[Occasion]:
    """Whoever had it is reminded no more; whoever bought it has no contract that is known of."""
    known = state or begun(facts, event.occurred_at)
    if state is None and (known.kind == CONTRACT_END or event.customer is None):
        return Keep("nobody was to be reminded of this car")
    return settled(state, _held(known, _dealer(facts), event.customer, event.occurred_at), event.occurred_at, facts.base)


def _held(known: Occasion, dealer: str, customer: str | None, at: datetime) -> Occasion:
    """Somebody else has it now; told again of the same customer nothing changes."""
    if customer is None:
        return known._replace(ended_as="sold")
    if known.ended_as is None and (known.dealer, known.customer) == (dealer, customer):
        return known
    since = at if known.kind == REPURCHASE else None
    return known._replace(dealer=dealer, customer=customer, due_on=None, since=since, ended_as=None)


def _dealer(facts: Facts) -> str:
    return Subject(facts.speaker, "").dealer
