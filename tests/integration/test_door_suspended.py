"""A token that is made while its dealer is suspended opens nothing, whoever was first."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr

from hub.local.kafka import Kafka
from hub.operations import door, partners
from hub.operations.cluster import Cluster
from hub.operations.partner_plan import Partner
from hub.settings import Settings
from hub.state.connect import connect
from tests.support.eventually import eventually
from tests.support.kafka_clients import settings_of, with_acts

_WAITS = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.mark.parametrize("act", ["issue", pytest.param("rotate", marks=pytest.mark.thorough)])
async def test_a_token_that_is_made_at_the_moment_of_a_suspension_opens_nothing(
    kafka: Kafka, database: str, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    settings = with_acts(settings_of(kafka)).model_copy(update={"database_url": SecretStr(database)})
    dealer = Partner.named("dealer", f"p-{uuid4().hex[:12]}")
    await asyncio.to_thread(partners.add, settings, dealer, why="test")
    if act == "rotate":
        await door.issue(settings, dealer, why="test")
    with ThreadPoolExecutor(1) as elsewhere:
        monkeypatch.setattr(door, "is_suspended", _suspended_once_looked(settings, dealer, elsewhere))
        if act == "rotate":
            await door.rotate(settings, dealer, grace=timedelta(hours=1), why="test")
        else:
            await door.issue(settings, dealer, why="test")
    assert {token.is_suspended for token in await door.tokens(settings)} == {True}


def _suspended_once_looked(settings: Settings, dealer: Partner, elsewhere: ThreadPoolExecutor) -> Callable[[Cluster, Partner], bool]:
    """Look, and let somebody else suspend the dealer at once, on connections of their own, for as far as they get."""
    url = settings.database_url.get_secret_value()

    def look(cluster: Cluster, partner: Partner) -> bool:
        found = partners.is_suspended(cluster, partner)
        suspension = elsewhere.submit(partners.suspend, settings, dealer, why="test")
        eventually(lambda: suspension.done() or asyncio.run(_somebody_waits(url)))
        return found

    return look


async def _somebody_waits(url: str) -> bool:
    connection = await connect(url, name="test")
    try:
        return bool(await connection.fetchval(_WAITS))
    finally:
        await connection.close(timeout=2)
