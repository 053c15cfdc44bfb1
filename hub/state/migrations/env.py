"""Alembic's entry: the connection is handed over by `upgrade`."""

from alembic import context

from hub.state import ledgers, stores  # noqa: F401 - their tables register themselves
from hub.state.store import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
