"""Whose subject a record waits for or is dead for: a document may concern others than the one who says it."""

from alembic import op

revision = "0009"
down_revision = "0008"

_STATEMENTS = """
ALTER TABLE waiting ADD COLUMN whose TEXT;

UPDATE waiting SET whose = principal;

ALTER TABLE waiting ALTER COLUMN whose SET NOT NULL;

DROP INDEX waiting_subject;

CREATE INDEX waiting_subject ON waiting (consumer, whose, store, ref);

ALTER TABLE dead_letters ADD COLUMN whose TEXT;

UPDATE dead_letters SET whose = principal WHERE event IS NOT NULL
"""


def upgrade() -> None:
    """So far everybody spoke of nobody but their own."""
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
