"""Who has a complaint in hand, and by when it is to be answered and settled."""

from alembic import op

revision = "0029"
down_revision = "0028"

_STATEMENTS = """
ALTER TABLE complaints
    ADD COLUMN opened_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN staff TEXT,
    ADD COLUMN answered_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN answer_by TIMESTAMP WITH TIME ZONE,
    ADD COLUMN solve_by TIMESTAMP WITH TIME ZONE,
    ADD COLUMN due_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN remind_hours BIGINT NOT NULL DEFAULT 0;

ALTER TABLE complaints
    ALTER COLUMN opened_at TYPE TIMESTAMP WITH TIME ZONE USING received_at,
    ALTER COLUMN opened_at SET NOT NULL,
    ALTER COLUMN opened_at SET DEFAULT now();

CREATE INDEX complaints_due_at ON complaints (due_at)
"""


def upgrade() -> None:
    """Complaints of before have no deadlines until something is said of them again, or they are folded anew.

    `opened_at` and `remind_hours` have defaults: a process of the version before saves complaints without them.
    """
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
