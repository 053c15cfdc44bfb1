"""Campaigns, messages to one person, and how far the planner has expanded each campaign."""

from alembic import op

revision = "0016"
down_revision = "0015"

_TABLES = """
CREATE TABLE campaigns (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    status TEXT NOT NULL,
    title TEXT NOT NULL,
    plan TEXT NOT NULL,
    audience TEXT NOT NULL,
    conditions JSONB NOT NULL,
    channels JSONB NOT NULL,
    reach TEXT NOT NULL,
    template TEXT NOT NULL,
    purpose TEXT NOT NULL,
    nature TEXT NOT NULL,
    grantee TEXT NOT NULL,
    documents JSONB NOT NULL,
    per_hour BIGINT,
    opens TEXT,
    closes TEXT,
    zone TEXT NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    prepared_by TEXT NOT NULL,
    prepared_at TIMESTAMP WITH TIME ZONE NOT NULL,
    approved_by TEXT,
    approved_at TIMESTAMP WITH TIME ZONE,
    released_by TEXT,
    released_at TIMESTAMP WITH TIME ZONE,
    resumed_at TIMESTAMP WITH TIME ZONE,
    why TEXT NOT NULL,
    is_past BOOLEAN NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE TABLE messages (
    principal TEXT NOT NULL,
    ref TEXT NOT NULL,
    row_version BIGINT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    tie TEXT NOT NULL,
    because UUID NOT NULL,
    campaign TEXT,
    owner TEXT NOT NULL,
    person_kind TEXT NOT NULL,
    person TEXT NOT NULL,
    channel TEXT NOT NULL,
    purpose TEXT NOT NULL,
    nature TEXT NOT NULL,
    grantee TEXT NOT NULL,
    template TEXT NOT NULL,
    fields JSONB NOT NULL,
    documents JSONB NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (principal, ref)
)
 WITH (fillfactor = 70);

CREATE INDEX messages_campaign ON messages (campaign);

CREATE TABLE campaign_plans (
    campaign TEXT NOT NULL,
    as_of TIMESTAMP WITH TIME ZONE NOT NULL,
    after_principal TEXT,
    after_ref TEXT,
    next_due TIMESTAMP WITH TIME ZONE,
    looked_at BIGINT DEFAULT '0' NOT NULL,
    planned BIGINT DEFAULT '0' NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    ended_by TEXT,
    PRIMARY KEY (campaign)
)
 WITH (fillfactor = 70);

CREATE TABLE campaign_recipients (
    campaign TEXT NOT NULL,
    principal TEXT NOT NULL,
    person_kind TEXT NOT NULL,
    person TEXT NOT NULL,
    channel TEXT NOT NULL,
    outcome TEXT NOT NULL,
    address_key TEXT NOT NULL,
    PRIMARY KEY (campaign, principal, person_kind, person, channel)
);

CREATE UNIQUE INDEX campaign_recipients_address ON campaign_recipients (campaign, channel, address_key) WHERE outcome = 'planned'
"""


def upgrade() -> None:
    """Create every table, and the index by which a document finds who got it."""
    for statement in _TABLES.split(";\n"):
        op.execute(statement)
    op.execute("CREATE INDEX deliveries_documents ON deliveries USING gin (documents) WHERE documents <> '[]'")
