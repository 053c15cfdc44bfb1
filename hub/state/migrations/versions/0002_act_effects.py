"""What became of operators' acts."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One row an act, by its name in the journal."""
    op.execute(
        "CREATE TABLE act_effects ("
        " event UUID NOT NULL,"
        " consumer TEXT NOT NULL,"
        " effect TEXT NOT NULL,"
        " noted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,"
        " PRIMARY KEY (event))"
    )
