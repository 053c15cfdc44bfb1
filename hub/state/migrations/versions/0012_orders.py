"""Orders and open items: what becomes of what was won."""

from alembic import op

revision = "0012"
down_revision = "0011"

_TABLES = """
CREATE TABLE open_items (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    dealer TEXT NOT NULL,
    customer TEXT,
    orders JSONB NOT NULL,
    lines JSONB NOT NULL,
    credits JSONB NOT NULL,
    receipts JSONB NOT NULL,
    reversals JSONB NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE,
    due DATE,
    currency TEXT,
    amount_minor BIGINT NOT NULL,
    net_minor BIGINT NOT NULL,
    margin_minor BIGINT,
    credited_minor BIGINT NOT NULL,
    paid_minor BIGINT NOT NULL,
    open_minor BIGINT NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX open_items_dealer_customer ON open_items (dealer, customer);

CREATE TABLE orders (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    lines JSONB NOT NULL,
    calls JSONB NOT NULL,
    despatches JSONB NOT NULL,
    receptions JSONB NOT NULL,
    invoices JSONB NOT NULL,
    credits JSONB NOT NULL,
    receipts JSONB NOT NULL,
    reversals JSONB NOT NULL,
    documents JSONB NOT NULL,
    status TEXT NOT NULL,
    dealer TEXT,
    opportunity TEXT,
    customer TEXT,
    product TEXT,
    win BIGINT,
    amount_minor BIGINT,
    amount_currency TEXT,
    is_wanted BOOLEAN NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    number TEXT,
    answer TEXT,
    answered_at TIMESTAMP WITH TIME ZONE,
    reason TEXT,
    promised DATE,
    promised_first DATE,
    step TEXT,
    step_percent BIGINT NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    due_at TIMESTAMP WITH TIME ZONE,
    progress BIGINT NOT NULL,
    ordered BIGINT NOT NULL,
    confirmed BIGINT NOT NULL,
    despatched BIGINT NOT NULL,
    received BIGINT NOT NULL,
    invoiced BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX orders_dealer_customer ON orders (dealer, customer);

CREATE INDEX orders_dealer_opportunity ON orders (dealer, opportunity);

CREATE INDEX orders_due_at ON orders (due_at)
"""


def upgrade() -> None:
    """Two stores of the consumer erp-orders."""
    for statement in _TABLES.split(";\n\n"):
        op.execute(statement)
