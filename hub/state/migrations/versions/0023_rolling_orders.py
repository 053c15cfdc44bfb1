"""A process of an earlier version may write orders while a deployment rolls over the hub: it knows nothing of their newer columns."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Without a default its new orders would be refused, and so become dead letters."""
    op.execute(
        "ALTER TABLE orders"
        " ALTER COLUMN missing SET DEFAULT '[]',"
        " ALTER COLUMN terms SET DEFAULT '{}',"
        " ALTER COLUMN is_watched SET DEFAULT false,"
        " ALTER COLUMN vins SET DEFAULT '[]'"
    )
