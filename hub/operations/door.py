"""Let dealers without a Kafka client speak through the door: tokens issued, rotated, revoked."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from hub.errors import InputError
from hub.operations.acts import Operator
from hub.operations.cluster import Cluster
from hub.operations.partner_plan import Partner
from hub.operations.partners import Outcome, is_suspended
from hub.settings import Settings
from hub.state import door
from hub.state.connect import connect
from hub.state.door import Token
from hub.state.reading import answering
from hub.state.store import Connection

TOKEN_BYTES = 32


async def issue(settings: Settings, partner: Partner, *, why: str = "", dry_run: bool = False) -> Outcome:
    """A token for a dealer that has a topic; others that it has stay as they are."""
    cluster = Cluster(settings)
    _check_topic(cluster, partner)
    steps = (f"a token for {partner.user}",)
    if dry_run:
        return Outcome(steps, _notes(partner, is_shut=await asyncio.to_thread(is_suspended, cluster, partner)))
    async with _store(settings) as connection:
        await door.hold(connection, principal(partner))
        is_shut = await asyncio.to_thread(is_suspended, cluster, partner)
        with (operator := Operator(cluster, why)).does("door.issued", partner.user, steps) as done:
            token = await _new(connection, partner, operator.who, is_shut=is_shut)
            done.extend(steps)
    return Outcome(steps, _notes(partner, is_shut=is_shut), token)


async def rotate(settings: Settings, partner: Partner, *, grace: timedelta, why: str = "", dry_run: bool = False) -> Outcome:
    """A new token; the others open the door for as long as `grace`, so that the dealer can change over."""
    cluster = Cluster(settings)
    async with _store(settings) as connection:
        await door.hold(connection, principal(partner))
        old = await door.tokens(connection, principal(partner))
        if not old:
            raise InputError("DEALER", f"a dealer that has a token; give it one by: hub door issue {partner.id}", partner.id)
        steps = (f"a token for {partner.user}", f"{len(old)} of before end in {grace}" if grace else f"{len(old)} of before end now")
        is_shut = await asyncio.to_thread(is_suspended, cluster, partner)
        notes = _notes(partner, is_shut=is_shut)
        if dry_run:
            return Outcome(steps, notes)
        with (operator := Operator(cluster, why)).does("door.rotated", partner.user, steps) as done:
            async with connection.transaction():
                await door.end(connection, principal(partner), datetime.now(UTC) + grace)
                token = await _new(connection, partner, operator.who, is_shut=is_shut)
            done.extend(steps)
    return Outcome(steps, notes, token)


async def revoke(settings: Settings, partner: Partner, *, why: str = "", dry_run: bool = False) -> Outcome:
    """No token of the dealer opens the door any more."""
    cluster = Cluster(settings)
    async with _store(settings) as connection:
        held = await door.tokens(connection, principal(partner))
        steps = (f"{len(held)} tokens of {partner.user} end now",) if held else ()
        if dry_run or not held:
            return Outcome(steps, () if held else ("it has no token",))
        with Operator(cluster, why).does("door.revoked", partner.user, steps) as done:
            await door.end(connection, principal(partner), datetime.now(UTC))
            done.extend(steps)
    return Outcome(steps)


async def tokens(settings: Settings) -> list[Token]:
    """Every token that opens the door."""
    async with _store(settings) as connection:
        return await door.tokens(connection)


def principal(partner: Partner) -> str:
    """Who speaks with its tokens."""
    return f"{partner.kind}:{partner.id}"


def _notes(partner: Partner, *, is_shut: bool) -> tuple[str, ...]:
    """A suspended dealer's new token opens no more than its old ones."""
    return (f"stays suspended: hub partners resume {partner.words} opens the door again",) if is_shut else ()


async def _new(connection: Connection, partner: Partner, who: str, *, is_shut: bool) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await door.issue(connection, principal(partner), token, who, is_suspended=is_shut)
    return token


def _check_topic(cluster: Cluster, partner: Partner) -> None:
    if not partner.topics.keys() & cluster.metadata().topics.keys():
        raise InputError("DEALER", f"a dealer that exists; make it by: hub partners add {partner.words}", partner.id)


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[Connection]:
    url = settings.database_url.get_secret_value()
    with answering(url):
        connection = await connect(url, name="hub door words")
        try:
            yield connection
        finally:
            await connection.close(timeout=2)
