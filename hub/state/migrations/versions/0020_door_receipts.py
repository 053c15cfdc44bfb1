"""Find what the door heard long ago without reading all that it heard since."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """An index by age, for the sweep."""
    op.execute("CREATE INDEX door_receipts_received ON door_receipts (received_at)")
