"""Bring a database to the schema of this version."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.engine import Connection

from hub.state.engine import engine

_LOCK = 0x6875625F6D696772  # 'hub_migr': one migration at a time, whoever starts it


def upgrade(url: str) -> None:
    """Run what is missing, in one transaction; runs at the same time wait for each other and then do nothing."""
    import asyncio

    asyncio.run(upgrade_async(url))


async def upgrade_async(url: str, schema: str | None = None) -> None:
    """The same, from a running loop; given a schema, into that one and no other."""
    store = engine(url)
    try:
        async with store.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            if schema is not None:
                await connection.execute(text("SELECT set_config('search_path', :schema, true)"), {"schema": schema})
            await connection.run_sync(_run, command.upgrade, "head")
    finally:
        await store.dispose()


def _run(connection: Connection, act: Any, *arguments: str) -> None:  # noqa: ANN401 - one of alembic's commands
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    act(config, *arguments)
