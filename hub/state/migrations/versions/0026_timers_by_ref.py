"""Timers by what tells them apart: consumer, store and principal are the same in very many, and were compared first."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """The same key and the same order of pages, told apart sooner; a clock of an older version sorts its pages meanwhile."""
    op.execute("ALTER TABLE timers DROP CONSTRAINT timers_pkey, ADD PRIMARY KEY (ref, principal, store, consumer)")
    op.execute("DROP INDEX timers_due")
    op.execute("CREATE INDEX timers_due ON timers (due_at, ref, principal, store, consumer)")
