"""Consents, suppressions, and what providers report of deliveries."""

from alembic import op

revision = "0010"
down_revision = "0009"

_TABLES = """
CREATE TABLE consents (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    channel TEXT NOT NULL,
    purpose TEXT NOT NULL,
    grantee TEXT NOT NULL,
    person_kind TEXT NOT NULL,
    person TEXT NOT NULL,
    status TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    proof_where TEXT,
    proof_at TIMESTAMP WITH TIME ZONE,
    proof_text TEXT,
    proof_message TEXT,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX consents_principal_person ON consents (principal, person);

CREATE TABLE delivery_reports (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    status TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    provider TEXT,
    reference TEXT,
    cause TEXT,
    code TEXT,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE TABLE suppressions (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    grantee TEXT NOT NULL,
    purpose TEXT NOT NULL,
    hint TEXT,
    reasons JSONB NOT NULL,
    is_suppressed BOOLEAN NOT NULL,
    is_barred BOOLEAN NOT NULL,
    since TIMESTAMP WITH TIME ZONE,
    released_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX suppressions_address ON suppressions (address)
"""


def upgrade() -> None:
    """Three stores of the consumer `campaigns`."""
    for statement in _TABLES.split(";\n"):
        op.execute(statement)
