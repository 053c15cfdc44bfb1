"""Who may speak through the door, and when it first heard what it heard."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """A token is kept as a hash; a receipt makes what is heard twice the same event."""
    op.execute(
        "CREATE TABLE door_tokens ("
        " id UUID NOT NULL,"
        " principal TEXT NOT NULL,"
        " hash BYTEA NOT NULL,"
        " issued_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,"
        " issued_by TEXT NOT NULL,"
        " ends_at TIMESTAMP WITH TIME ZONE,"
        " is_suspended BOOLEAN DEFAULT false NOT NULL,"
        " PRIMARY KEY (id),"
        " UNIQUE (hash))"
    )
    op.execute("CREATE INDEX door_tokens_principal ON door_tokens (principal)")
    op.execute(
        "CREATE TABLE door_receipts ( id UUID NOT NULL, received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, PRIMARY KEY (id))"
    )
