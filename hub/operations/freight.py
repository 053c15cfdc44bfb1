"""Look at freight charges: which there are, how one was reckoned, what is disputed, what is booked, what it costs, what was saved."""

from datetime import UTC, date, datetime
from typing import Any, NamedTuple, get_args
from uuid import uuid4

from contracts.acts import DISPUTE_CONCEDED
from contracts.freight import ChargeStatus
from hub.consumers.freight import freight
from hub.errors import InputError
from hub.operations import state_view
from hub.operations.acts import Operator
from hub.operations.asked import Asked, ask
from hub.operations.carriers import found_of, principal_of
from hub.operations.timeline import Happening, follow
from hub.rules.decision import Subject, carrier_of
from hub.rules.freight.accounts import ACCOUNTS
from hub.rules.masking import mask_reference
from hub.state import freight_desk
from hub.state.freight_desk import AccountBalance, BorneCost, Charged, Disputed, Errors, LaneCost, Posted
from hub.state.reading import snapshot

STATUSES: tuple[str, ...] = get_args(ChargeStatus)
DISPUTE_STATES = ("open", "granted", "refused", "credited", "conceded")
BEARERS = ("order", "dealer")
_STORE = "freight_charges"


class ShownCharge(NamedTuple):
    """One charge: how it stands, what is expected and billed, what is wrong, what is booked, who bears it, and its story."""

    carrier: str
    consignment: str
    state: dict[str, Any]
    expected: dict[str, int]
    bills: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    disputes: list[dict[str, Any]]
    balances: list[dict[str, Any]]
    allocations: list[dict[str, Any]]
    timeline: list[Happening]


class Ledger(NamedTuple):
    """What stands on the accounts, the latest entries, and the charges whose entries do not add up to their state."""

    balances: list[AccountBalance]
    entries: list[Posted]
    apart: list[Subject]


async def charges(
    url: str, *, carrier: str | None = None, status: str | None = None, lane: str | None = None, most: int = 200
) -> list[Charged]:
    """Charges, the latest despatch first; raises InputError for a status that no charge can have."""
    if status is not None and status not in STATUSES:
        raise InputError("--status", f"one of {', '.join(STATUSES)}", status)
    async with snapshot(url) as look:
        return await freight_desk.charges(look, principal_of(carrier), status, lane, most)


async def shown(url: str, consignment: str, *, carrier: str | None = None) -> ShownCharge:
    """One charge by its carrier's reference; raises InputError where nobody or several told of it."""
    async with snapshot(url) as look:
        subject = await found_of(look, _STORE, consignment, carrier)
        standing, story = await follow(look, freight, _STORE, subject)
    state = standing.state if standing else None
    fields = state_view.fields(state, is_masked=True) if state else {}
    return ShownCharge(
        carrier_of(subject.principal),
        consignment,
        {field: value for field, value in fields.items() if field not in state_view.PAPERS},
        state.expected if state else {},
        state.bills if state else [],
        state.findings if state else [],
        state.disputes if state else [],
        state.balances if state else [],
        [_masked(share) for share in state.allocations] if state else [],
        story,
    )


async def disputes(
    url: str, *, carrier: str | None = None, state: str | None = None, is_overdue: bool = False, most: int = 200
) -> list[Disputed]:
    """Disputes by when they are to be answered; raises InputError for a state that no dispute can have."""
    if state is not None and state not in DISPUTE_STATES:
        raise InputError("--state", f"one of {', '.join(DISPUTE_STATES)}", state)
    today = datetime.now(UTC).date() if is_overdue else None
    async with snapshot(url) as look:
        return await freight_desk.disputes(look, principal_of(carrier), state, today, most)


async def disputed(url: str, consignment: str, invoice: str, *, carrier: str | None = None) -> Disputed:
    """The one dispute that may be conceded; raises InputError where there is none, or whose it is must be said."""
    async with snapshot(url) as look:
        subject = await found_of(look, _STORE, consignment, carrier)
        found = [one for one in await freight_desk.disputes(look, subject.principal, None, None, None) if one.consignment == consignment]
    open_ones = [one for one in found if one.invoice == invoice and one.state not in {"credited", "conceded"}]
    if not open_ones:
        raise InputError("INVOICE", f"one of which something is disputed for {consignment} (hub freight disputes)", invoice)
    return open_ones[0]


def concede(operator: Operator, dispute: Disputed) -> Asked:
    """Ask for what is left of a dispute to be paid after all."""
    whose = carrier_of(dispute.principal)
    fields = {"consumer": freight.name, "carrier": whose, "consignment": dispute.consignment, "invoice": dispute.invoice}
    return ask(operator, DISPUTE_CONCEDED, {uuid4(): fields})


async def ledger(
    url: str, *, carrier: str | None = None, consignment: str | None = None, account: str | None = None, most: int = 50
) -> Ledger:
    """The ledger as it stands; raises InputError for an account that it has not."""
    if account is not None and account not in ACCOUNTS:
        raise InputError("--account", f"one of {', '.join(ACCOUNTS)}", account)
    async with snapshot(url) as look:
        return Ledger(
            await freight_desk.balances(look, principal_of(carrier), consignment, account),
            await freight_desk.entries(look, principal_of(carrier), consignment, account, most),
            await freight_desk.apart(look),
        )


async def shares(url: str, by: str, *, carrier: str | None = None, since: date | None = None, until: date | None = None) -> list[BorneCost]:
    """The cost as orders, or dealers by their orders, bear it, of what was despatched in a period."""
    if by not in BEARERS:
        raise InputError("--by", f"one of lane, {', '.join(BEARERS)}", by)
    _check_period(since, until)
    async with snapshot(url) as look:
        found = await freight_desk.shares(look, by, principal_of(carrier), since, until)
    return [one._replace(bearer=mask_reference(one.bearer)) for one in found]


async def costs(url: str, *, carrier: str | None = None, since: date | None = None, until: date | None = None) -> list[LaneCost]:
    """The cost of each carrier and lane, of what was despatched in a period (UTC days, both included)."""
    _check_period(since, until)
    async with snapshot(url) as look:
        return await freight_desk.costs(look, principal_of(carrier), since, until)


async def errors(url: str, *, carrier: str | None = None) -> list[Errors]:
    """The errors found on bills by carrier and reason, and what came back of the money."""
    async with snapshot(url) as look:
        return await freight_desk.errors(look, principal_of(carrier))


def _check_period(since: date | None, until: date | None) -> None:
    if since and until and since > until:
        raise InputError("--from", "a day not after --until", since.isoformat())


def _masked(share: dict[str, Any]) -> dict[str, Any]:
    return {**share, "order": mask_reference(share["order"]), "vin": mask_reference(share["vin"])}
