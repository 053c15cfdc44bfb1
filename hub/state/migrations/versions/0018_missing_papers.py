"""Orders know which of the ERP's papers are missing, and when to look again."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """What is known of an order by now is watched from the next word on."""
    op.execute(
        "ALTER TABLE orders"
        " ADD COLUMN missing JSONB NOT NULL DEFAULT '[]',"
        " ADD COLUMN terms JSONB NOT NULL DEFAULT '{}',"
        " ADD COLUMN missing_since TIMESTAMP WITH TIME ZONE,"
        " ADD COLUMN watch_at TIMESTAMP WITH TIME ZONE,"
        " ADD COLUMN is_watched BOOLEAN NOT NULL DEFAULT false"
    )
    op.execute(
        "ALTER TABLE orders ALTER COLUMN missing DROP DEFAULT, ALTER COLUMN terms DROP DEFAULT, ALTER COLUMN is_watched DROP DEFAULT"
    )
    op.execute("CREATE INDEX orders_missing_since ON orders (missing_since)")
