"""The spine: offsets, journal, waiting records, dead letters, outbox, and the CRM stores."""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = """
CREATE TABLE awaited (
    kind TEXT NOT NULL,
    ref TEXT NOT NULL,
    came_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (kind, ref)
);

CREATE TABLE base_data (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    effective_from DATE NOT NULL,
    retired BOOLEAN NOT NULL,
    body JSONB NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX base_data_kind_id ON base_data (kind, id);

CREATE TABLE consumer_offsets (
    consumer TEXT NOT NULL,
    cluster_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next_offset BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    owner TEXT NOT NULL,
    holes BIGINT DEFAULT '0' NOT NULL,
    moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (consumer, cluster_id, topic, partition)
)
 WITH (fillfactor = 50);

CREATE TABLE contacts (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    customer TEXT NOT NULL,
    name TEXT NOT NULL,
    function TEXT,
    email TEXT,
    phone TEXT,
    language TEXT,
    superior TEXT,
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX contacts_principal_customer ON contacts (principal, customer);

CREATE TABLE corrections (
    target UUID NOT NULL,
    event UUID NOT NULL,
    PRIMARY KEY (target, event)
);

CREATE TABLE customers (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    customer_kind TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    street TEXT,
    postal_code TEXT,
    city TEXT,
    region TEXT,
    country TEXT,
    language TEXT,
    birthday DATE,
    registration_number TEXT,
    sector TEXT,
    founded BIGINT,
    revenue_minor BIGINT,
    revenue_currency TEXT,
    employees BIGINT,
    parent TEXT,
    segments JSONB NOT NULL,
    owner TEXT,
    note TEXT,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE TABLE dead_letters (
    id UUID NOT NULL,
    consumer TEXT NOT NULL,
    principal TEXT NOT NULL,
    key TEXT,
    reason TEXT NOT NULL,
    faults JSONB NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    event UUID,
    part SMALLINT NOT NULL,
    store TEXT,
    ref TEXT,
    source TEXT,
    event_id TEXT,
    type TEXT,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    headers BYTEA NOT NULL,
    value BYTEA,
    since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT dead_letters_state CHECK (state IN ('open', 'redriven', 'discarded'))
);

CREATE INDEX dead_letters_event ON dead_letters (event, part);

CREATE INDEX dead_letters_key ON dead_letters (consumer, principal, key) WHERE state = 'open';

CREATE TABLE journal (
    event UUID NOT NULL,
    part SMALLINT NOT NULL,
    consumer TEXT NOT NULL,
    principal TEXT NOT NULL,
    source TEXT NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    store TEXT NOT NULL,
    ref TEXT NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT,
    corrects TEXT,
    is_historical BOOLEAN NOT NULL,
    fingerprint BIGINT NOT NULL,
    body BYTEA NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (event, part)
);

CREATE INDEX journal_subject ON journal (ref, store, principal);

CREATE TABLE leads (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    status TEXT NOT NULL,
    name TEXT NOT NULL,
    lead_source TEXT NOT NULL,
    intention TEXT NOT NULL,
    product TEXT,
    email TEXT,
    phone TEXT,
    customer TEXT,
    dealer TEXT,
    need TEXT,
    opportunity TEXT,
    drop_reason TEXT,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX leads_principal_customer ON leads (principal, customer);

CREATE TABLE opportunities (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    status TEXT NOT NULL,
    sales_model TEXT NOT NULL,
    stage TEXT NOT NULL,
    title TEXT,
    customer TEXT,
    lead TEXT,
    product TEXT,
    owner TEXT,
    amount_minor BIGINT,
    amount_currency TEXT,
    expected_close DATE,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    stage_since TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    wins BIGINT NOT NULL,
    reopenings BIGINT NOT NULL,
    loss_reason TEXT,
    competitor TEXT,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX opportunities_principal_customer ON opportunities (principal, customer);

CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    consumer TEXT NOT NULL,
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    type TEXT NOT NULL,
    event_id UUID NOT NULL,
    subject TEXT,
    body BYTEA NOT NULL,
    time TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    set_aside TEXT,
    PRIMARY KEY (id)
);

CREATE INDEX outbox_set_aside ON outbox (topic, key) WHERE set_aside IS NOT NULL;

CREATE TABLE outbox_sent (
    id BIGSERIAL NOT NULL,
    event_id UUID NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX outbox_sent_at ON outbox_sent (sent_at);

CREATE TABLE waiting (
    id UUID NOT NULL,
    consumer TEXT NOT NULL,
    hold TEXT NOT NULL,
    principal TEXT NOT NULL,
    key TEXT,
    event UUID,
    part SMALLINT NOT NULL,
    store TEXT NOT NULL,
    ref TEXT NOT NULL,
    kind TEXT NOT NULL,
    awaited_ref TEXT NOT NULL,
    type TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    headers BYTEA,
    value BYTEA,
    since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT waiting_hold CHECK (hold IN ('news', 'operator', 'version'))
);

CREATE INDEX waiting_event ON waiting (event, part);

CREATE INDEX waiting_news ON waiting (kind, awaited_ref) WHERE hold = 'news';

CREATE INDEX waiting_subject ON waiting (consumer, principal, store, ref);

CREATE INDEX waiting_until ON waiting (until) WHERE until IS NOT NULL
"""


def upgrade() -> None:
    """Create every table."""
    for statement in _TABLES.split(";\n"):
        op.execute(statement)
