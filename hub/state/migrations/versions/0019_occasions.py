"""Reminders of what comes once, on a day that somebody names: of invoices that are to be paid."""

from alembic import op

revision = "0019"
down_revision = "0018"

_STATEMENTS = """
CREATE TABLE occasions (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    dealer TEXT,
    customer TEXT,
    due_on DATE,
    ended_as TEXT,
    as_of TIMESTAMP WITH TIME ZONE NOT NULL,
    open_minor BIGINT,
    currency TEXT,
    told JSONB NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE,
    template TEXT,
    purpose TEXT,
    next_step TEXT,
    next_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX occasions_dealer_due_on ON occasions (dealer, due_on)
"""


def upgrade() -> None:
    """A store of the consumer `reminders`."""
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
