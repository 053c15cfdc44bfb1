"""The database roles of docs/operations.md: the owner makes tables, the processes only read and write rows, and wait until they can."""

import re
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.exc import ProgrammingError

from hub.local.postgres import Postgres
from hub.state import outbox
from hub.state.migrations import upgrade_async
from hub.state.segments import Said
from hub.stream.slips import name

ROOT = Path(__file__).parents[2]
PASSWORD = "invented"


def statements() -> list[str]:
    """The SQL that the page tells an operator to run."""
    blocks = re.findall(r"^ *```sql\n(.*?)```", (ROOT / "docs/operations.md").read_text(), re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if "CREATE ROLE" in block)
    return [statement.strip() for statement in block.split(";") if statement.strip()]


async def test_processes_wait_for_the_owner_and_then_need_no_more(postgres: Postgres) -> None:
    as_superuser = postgres.create_database("roles")
    connection = await asyncpg.connect(as_superuser)
    for statement in statements():
        await connection.execute(statement)
    for role in ("hub_owner", "hub_process"):
        await connection.execute(f"ALTER ROLE {role} PASSWORD '{PASSWORD}'")
    await connection.close()
    place = as_superuser.rpartition("@")[2]
    owner, process = (f"postgresql://{role}:{PASSWORD}@{place}" for role in ("hub_owner", "hub_process"))

    with pytest.raises(ProgrammingError, match="permission denied"):  # what the init container sees before the Job has run
        await upgrade_async(process)
    await upgrade_async(owner)
    await upgrade_async(process)  # nothing to do, so nothing is refused

    connection = await asyncpg.connect(process)
    await outbox.insert(connection, "crm-sync", [Said("hub.crm", "key", "hub.lead.updated.v1", name("role"), None, b"{}")])
    (segment,) = await outbox.oldest(connection, 10)
    await outbox.put_apart(connection, [(event, "unknown_topic") for event in segment.events()])
    receipt = outbox.Receipt("hub.crm", 0, 0, segment.numbers, segment.event_ids)
    await outbox.sent(connection, [receipt], segments=[segment.id], apart=segment.numbers)
    assert await outbox.unsent(connection) == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DROP TABLE outbox")
    await connection.close()
