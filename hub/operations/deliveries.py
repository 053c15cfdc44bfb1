"""What an operator can do about deliveries: look, send again, settle, cancel, and let a braked provider or campaign go on."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from contracts.addresses import hint
from hub.channels.telling import tell
from hub.operations.acts import Operator
from hub.operations.cluster import Cluster
from hub.operations.places import store
from hub.operations.shortened import Shortened
from hub.rules.masking import mask_reference, shape
from hub.settings import Settings
from hub.state import brakes, claims, delivery_desk
from hub.state.brakes import SendBrake
from hub.state.delivery_desk import Choice, Delivery
from hub.state.outcomes import Retold
from hub.state.store import Connection

_DELIVERY = Shortened("a delivery", "hub deliveries list")

_Change: TypeAlias = Callable[[Connection, Sequence[UUID], datetime], Awaitable[list[Retold]]]


async def find(settings: Settings, choice: Choice, most: int) -> list[Delivery]:
    """The deliveries chosen, the one that changed last first."""
    async with store(settings) as connection:
        return await delivery_desk.deliveries(connection, choice, most)


async def named(settings: Settings, names: Iterable[str]) -> list[Delivery]:
    """The deliveries whose ids begin so; raises InputError for a name that none, or several, have."""
    found: dict[UUID, Delivery] = {}
    for name in names:
        _DELIVERY.check(name)
        one = _DELIVERY.only(await find(settings, Choice(name=name), 2), name)
        found[one.id] = one
    return list(found.values())


def masked(delivery: Delivery) -> Delivery:
    """Without what tells of the person: enough of the address to be recognised by who knows it, the shape of all else."""
    channel, address = delivery.channel, delivery.address
    known = hint(channel, address) if address and channel in {"email", "sms", "post"} else None  # type: ignore[arg-type] # it is one
    return delivery._replace(
        person=mask_reference(delivery.person),
        dedupe_key=mask_reference(delivery.dedupe_key),
        address=known,
        answer=shape(delivery.answer) if delivery.answer else None,
        fields={name: None if value is None else shape(value) for name, value in delivery.fields.items()},
    )


def resendable_at(settings: Settings, delivery: Delivery) -> datetime | None:
    """From when on it may be sent again: when no courier can have it under way any more. None where it never may."""
    if delivery.state not in {"unknown", "failed"}:
        return None
    return delivery.started_at + _patience(settings) if delivery.started_at else delivery.changed_at


async def resend(settings: Settings, chosen: Sequence[Delivery], *, why: str) -> tuple[str, ...]:
    """Send these once more; returns, in words, those that will be."""

    async def change(connection: Connection, names: Sequence[UUID], now: datetime) -> list[Retold]:
        return await delivery_desk.resend(connection, names, now, _patience(settings))

    return await _act(settings, "delivery.resent", chosen, why, change)


async def settle(settings: Settings, chosen: Sequence[Delivery], state: Literal["sent", "failed"], *, why: str) -> tuple[str, ...]:
    """Say what became of deliveries that are unknown; returns, in words, those that are settled."""

    async def change(connection: Connection, names: Sequence[UUID], now: datetime) -> list[Retold]:
        return await delivery_desk.settle(connection, names, now, state)

    return await _act(settings, f"delivery.settled_as_{state}", chosen, why, change)


async def cancel(settings: Settings, chosen: Sequence[Delivery], *, why: str) -> tuple[str, ...]:
    """Keep these from going; returns, in words, those that will not."""
    return await _act(settings, "delivery.cancelled", chosen, why, delivery_desk.cancel)


async def tallies(settings: Settings) -> list[SendBrake]:
    """Every provider and campaign that was sent to within the hour, or stands still."""
    async with store(settings) as connection:
        return await brakes.brakes(connection)


async def release(settings: Settings, scope: str, *, why: str) -> bool:
    """Let a provider or campaign go on whose brake was pulled; False where it was not."""
    operator = Operator(Cluster(settings), why)
    async with store(settings) as connection:
        with operator.does("brake.released", scope) as done:
            is_released = await brakes.release(connection, scope, await claims.database_time(connection))
            done.append(f"{scope}: {'goes on' if is_released else 'its brake was not pulled'}")
    return is_released


async def _act(settings: Settings, what: str, chosen: Sequence[Delivery], why: str, change: _Change) -> tuple[str, ...]:
    subject = str(chosen[0].id) if len(chosen) == 1 else f"{len(chosen)} deliveries"
    operator = Operator(Cluster(settings), why)
    async with store(settings) as connection:
        with operator.does(what, subject, [_words(one) for one in chosen]) as done:
            async with connection.transaction():
                now = await claims.database_time(connection)
                changed = await change(connection, [one.id for one in chosen], now)
                await tell(connection, changed)
            done.extend(f"{one.id}: {one.state}" for one in changed)
    return tuple(done)


def _words(delivery: Delivery) -> str:
    return f"{delivery.id} {delivery.template} by {delivery.channel or 'no channel yet'}, {delivery.state}"


def _patience(settings: Settings) -> timedelta:
    """Two leases: a send that begins within one ends within another."""
    return timedelta(seconds=2 * settings.courier_lease_seconds)
