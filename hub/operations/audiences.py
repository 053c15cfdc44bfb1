"""Look at an audience before anything is sent: how many there are, and some of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from hub.operations.audience_file import Chosen
from hub.rules.campaigns import Campaign, audience_of
from hub.rules.notices import Person
from hub.state import consents, people, recipients, rows
from hub.state.connect import connect
from hub.state.people import Addressee
from hub.state.reading import answering
from hub.state.store import Connection


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[Connection]:
    """A read-only moment of the state store; raises Unavailable where it does not answer."""
    with answering(url):
        connection = await connect(url, name="hub audiences")
        try:
            await rows.make(connection, [consents.ROWS])
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield connection
        finally:
            await connection.close()


async def count(url: str, chosen: Chosen) -> dict[str, int]:
    """How many people, by the principal who knows them."""
    async with looking(url) as connection:
        return await recipients.count(connection, chosen.audience, chosen.tree, datetime.now(UTC))


async def size(url: str, campaign: Campaign) -> int:
    """How many people a campaign looks at."""
    async with looking(url) as connection:
        return sum((await recipients.count(connection, *audience_of(campaign), datetime.now(UTC))).values())


async def some(url: str, chosen: Chosen, most: int) -> dict[Person, Addressee]:
    """The first people of an audience, as they would be written to."""
    async with looking(url) as connection:
        persons = await recipients.page(connection, chosen.audience, chosen.tree, datetime.now(UTC), None, most)
        return await people.addressees(connection, persons)
