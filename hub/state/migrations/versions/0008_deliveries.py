"""Deliveries: what people are told, and what became of it."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """The partial index holds what is still to go; the page keeps room, as each row is written about four times."""
    op.execute(
        "CREATE TABLE deliveries ("
        " id UUID NOT NULL,"
        " dedupe_key TEXT NOT NULL,"
        " principal TEXT NOT NULL,"
        " person_kind TEXT NOT NULL,"
        " person TEXT NOT NULL,"
        " purpose TEXT NOT NULL,"
        " grantee TEXT NOT NULL,"
        " nature TEXT NOT NULL,"
        " channel TEXT,"
        " template TEXT NOT NULL,"
        " fields JSONB NOT NULL,"
        " documents JSONB NOT NULL,"
        " campaign TEXT,"
        " priority SMALLINT NOT NULL,"
        " due_at TIMESTAMP WITH TIME ZONE NOT NULL,"
        " expires_at TIMESTAMP WITH TIME ZONE NOT NULL,"
        " consumer TEXT NOT NULL,"
        " because UUID NOT NULL,"
        " planned_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,"
        " state TEXT DEFAULT 'planned' NOT NULL,"
        " reason TEXT,"
        " changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,"
        " revision BIGINT DEFAULT 1 NOT NULL,"
        " attempts SMALLINT DEFAULT 0 NOT NULL,"
        " token UUID,"
        " leased_until TIMESTAMP WITH TIME ZONE,"
        " started_at TIMESTAMP WITH TIME ZONE,"
        " address TEXT,"
        " provider TEXT,"
        " provider_ref TEXT,"
        " segments SMALLINT,"
        " cost_minor BIGINT,"
        " currency TEXT,"
        " PRIMARY KEY (id),"
        " CONSTRAINT deliveries_state CHECK (state IN"
        " ('planned', 'claimed', 'sent', 'pending', 'failed', 'unknown', 'cancelled', 'expired', 'excluded'))"
        ") WITH (fillfactor = 70)"
    )
    op.execute("CREATE INDEX deliveries_due ON deliveries (channel, priority, due_at) WHERE state IN ('planned', 'pending')")
    op.execute("CREATE INDEX deliveries_leased ON deliveries (leased_until) WHERE state = 'claimed'")
    op.execute("CREATE INDEX deliveries_unknown ON deliveries (changed_at) WHERE state = 'unknown'")
    op.execute("CREATE INDEX deliveries_person ON deliveries (person, principal, person_kind)")
    op.execute("CREATE INDEX deliveries_campaign ON deliveries (campaign, state) WHERE campaign IS NOT NULL")
