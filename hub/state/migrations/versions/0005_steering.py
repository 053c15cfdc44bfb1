"""What operators order of consumers: partitions that are paused, and which ones are halted and why."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """An empty topic stands for all topics of a consumer, partition -1 for all of a topic, also those that come later."""
    op.execute(
        "CREATE TABLE pauses ("
        " consumer TEXT NOT NULL,"
        " topic TEXT NOT NULL,"
        " partition INTEGER NOT NULL,"
        " who TEXT NOT NULL,"
        " why TEXT NOT NULL,"
        " since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,"
        " PRIMARY KEY (consumer, topic, partition))"
    )
    op.execute("ALTER TABLE consumer_offsets ADD COLUMN halted TEXT, ADD COLUMN halted_at TIMESTAMP WITH TIME ZONE")
