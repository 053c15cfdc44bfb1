"""The inbox of stores without history."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """One narrow row an event."""
    op.execute(
        "CREATE TABLE inbox ("
        " event UUID NOT NULL,"
        " fingerprint BIGINT NOT NULL,"
        " came_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,"
        " PRIMARY KEY (event))"
    )
