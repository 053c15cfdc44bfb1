"""Which topic of its name an offset counts in: made anew, a topic has another id."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Null until the next claim."""
    op.execute("ALTER TABLE consumer_offsets ADD COLUMN topic_id TEXT")
