"""Find what a dead letter holds back by its key: a dealer may have ten thousand records that wait."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the index."""
    op.execute(
        "CREATE INDEX waiting_held ON waiting (consumer, principal, key, topic, partition, \"offset\", part) WHERE hold = 'operator'"
    )
