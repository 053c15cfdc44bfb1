"""What couriers look for every quarter of a minute is found without a look at all that was ever sent."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """What may expire, and what came back; both are few beside the rest, and cost a delivery or a report next to nothing."""
    op.execute("CREATE INDEX deliveries_expiring ON deliveries (expires_at) WHERE state IN ('planned', 'pending')")
    op.execute("CREATE INDEX delivery_reports_bad ON delivery_reports (since) WHERE status IN ('failed', 'bounced', 'complained')")
