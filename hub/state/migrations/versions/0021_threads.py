"""Orders are found by the vehicles that their papers name, and vehicles by the order that bought them."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Orders of which papers are known already name their vehicles from the next paper on."""
    op.execute("ALTER TABLE orders ADD COLUMN vins JSONB NOT NULL DEFAULT '[]'")
    op.execute("ALTER TABLE orders ALTER COLUMN vins DROP DEFAULT")
    op.execute("CREATE INDEX orders_vins ON orders USING gin (vins jsonb_path_ops) WHERE vins <> '[]'")
    op.execute("CREATE INDEX vehicles_purchase ON vehicles (purchase)")
