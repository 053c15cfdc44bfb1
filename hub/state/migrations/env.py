"""Alembic's entry: the connection is handed over by `upgrade`."""

from alembic import context

from hub.state.schema import whole

context.configure(connection=context.config.attributes["connection"], target_metadata=whole())
context.run_migrations()
