"""What reminders follow from: vehicles, odometer readings, activities, agendas; and what came of activities about opportunities."""

from alembic import op

revision = "0014"
down_revision = "0013"

_STATEMENTS = """
CREATE TABLE activities (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    status TEXT NOT NULL,
    belongs_kind TEXT NOT NULL,
    belongs_ref TEXT NOT NULL,
    activity_type TEXT NOT NULL,
    title TEXT,
    staff TEXT,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    rescheduled BIGINT NOT NULL,
    result TEXT,
    note TEXT,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX activities_principal_belongs_kind_belongs_ref ON activities (principal, belongs_kind, belongs_ref);

CREATE TABLE agendas (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    kind TEXT NOT NULL,
    is_open BOOLEAN NOT NULL,
    ended_as TEXT,
    items JSONB NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE,
    as_of TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE TABLE odometer_readings (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    vin TEXT NOT NULL,
    km BIGINT NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX odometer_readings_vin ON odometer_readings (vin);

CREATE TABLE vehicles (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    product TEXT,
    dealer TEXT,
    customer TEXT,
    held_since TIMESTAMP WITH TIME ZONE,
    opportunity TEXT,
    purchase TEXT,
    visited_at TIMESTAMP WITH TIME ZONE,
    visited_by TEXT,
    readings JSONB NOT NULL,
    reminders JSONB NOT NULL,
    due_on DATE,
    next_at TIMESTAMP WITH TIME ZONE,
    as_of TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX vehicles_dealer_customer ON vehicles (dealer, customer);

CREATE INDEX vehicles_dealer_due_on ON vehicles (dealer, due_on);

ALTER TABLE opportunities ADD COLUMN last_activity_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE opportunities ADD COLUMN last_result TEXT
"""


def upgrade() -> None:
    """Stores of the consumer `reminders`, and what it writes back."""
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
