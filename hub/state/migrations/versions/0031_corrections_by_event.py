"""What an event corrects is found by its id."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Each batch with a correction asks for it, and would read all that was ever corrected."""
    op.execute("CREATE INDEX corrections_event ON corrections (event)")
