"""Shipments, freight charges and the ledger: entries that nobody changes and that always balance."""

from alembic import op

revision = "0013"
down_revision = "0012"

_TABLES = """
CREATE TABLE freight_charges (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    status TEXT NOT NULL,
    lane TEXT,
    currency TEXT NOT NULL,
    expected_minor BIGINT NOT NULL,
    billed_minor BIGINT NOT NULL,
    disputed_minor BIGINT NOT NULL,
    credited_minor BIGINT NOT NULL,
    accrued_minor BIGINT NOT NULL,
    cost_minor BIGINT NOT NULL,
    weight_g BIGINT NOT NULL,
    fuel_milli BIGINT,
    despatched_at TIMESTAMP WITH TIME ZONE,
    is_cancelled BOOLEAN NOT NULL,
    is_overdue BOOLEAN NOT NULL,
    terms JSONB NOT NULL,
    advices JSONB NOT NULL,
    services JSONB NOT NULL,
    quote JSONB,
    expected JSONB NOT NULL,
    bills JSONB NOT NULL,
    credits JSONB NOT NULL,
    answers JSONB NOT NULL,
    findings JSONB NOT NULL,
    disputes JSONB NOT NULL,
    allocations JSONB NOT NULL,
    balances JSONB NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX freight_charges_lane ON freight_charges (lane);

CREATE INDEX freight_charges_status ON freight_charges (status);

CREATE TABLE freight_invoices (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    currency TEXT NOT NULL,
    net_minor BIGINT NOT NULL,
    lines_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    consignments BIGINT NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_on DATE,
    tellings BIGINT NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE TABLE shipments (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    status TEXT NOT NULL,
    reached TEXT NOT NULL,
    status_at TIMESTAMP WITH TIME ZONE NOT NULL,
    incident TEXT,
    place TEXT,
    country TEXT,
    despatched_at TIMESTAMP WITH TIME ZONE,
    planned_arrival TIMESTAMP WITH TIME ZONE,
    estimated_arrival TIMESTAMP WITH TIME ZONE,
    delivered_at TIMESTAMP WITH TIME ZONE,
    delay_minutes BIGINT,
    estimates JSONB NOT NULL,
    heard_at TIMESTAMP WITH TIME ZONE,
    signed_by TEXT,
    proof TEXT,
    proof_sha256 TEXT,
    advices JSONB NOT NULL,
    orders JSONB NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX shipments_status_heard_at ON shipments (status, heard_at);

CREATE TABLE shipment_positions (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    latitude_micro BIGINT NOT NULL,
    longitude_micro BIGINT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE TABLE entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    store TEXT NOT NULL,
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    posting UUID NOT NULL,
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor BIGINT NOT NULL,
    because UUID NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    posted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX entries_subject ON entries (store, principal, ref)
"""

_GUARDS = (
    """
    CREATE FUNCTION entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'entries are only added: post the difference' USING ERRCODE = 'check_violation';
    END $$
    """,
    """
    CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION entries_stay()
    """,
    """
    CREATE FUNCTION entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM added GROUP BY posting, currency HAVING sum(minor) <> 0) THEN
            RAISE EXCEPTION 'a posting adds up to nothing in each currency' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER entries_balance AFTER INSERT ON entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION entries_balance()
    """,
)


def upgrade() -> None:
    """The tables, and what keeps the ledger a ledger whoever writes to it."""
    for statement in (*_TABLES.split(";\n"), *_GUARDS):
        op.execute(statement)
