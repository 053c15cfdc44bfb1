"""Timers that states set."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """At most one for each subject of a store, and an index that the clock pages through."""
    op.execute(
        "CREATE TABLE timers ("
        " consumer TEXT NOT NULL,"
        " store TEXT NOT NULL,"
        " principal TEXT NOT NULL,"
        " ref TEXT NOT NULL,"
        " due_at TIMESTAMP WITH TIME ZONE NOT NULL,"
        " PRIMARY KEY (consumer, store, principal, ref))"
    )
    op.execute("CREATE INDEX timers_due ON timers (due_at, consumer, store, principal, ref)")
