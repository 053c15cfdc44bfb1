"""Complaints of customers."""

from alembic import op

revision = "0025"
down_revision = "0024"

_STATEMENTS = """
CREATE TABLE complaints (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    status TEXT NOT NULL,
    whose TEXT NOT NULL,
    customer TEXT NOT NULL,
    contact TEXT,
    category TEXT NOT NULL,
    note TEXT,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    outcome TEXT,
    reopenings BIGINT NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX complaints_whose_customer ON complaints (whose, customer)
"""


def upgrade() -> None:
    """A store of the consumer `crm-sync`, and the way to it from whom something is to be sent to."""
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
