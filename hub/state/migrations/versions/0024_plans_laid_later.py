"""Reminders that a plan laid down later concerns are found without a look at all of them."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Those that have no next step; of most kinds they are few, as those that are over are left out."""
    op.execute("CREATE INDEX occasions_unplanned ON occasions (kind, as_of) WHERE next_at IS NULL AND ended_as IS NULL")
