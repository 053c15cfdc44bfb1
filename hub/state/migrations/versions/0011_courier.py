"""What couriers share: claims of persons, windows of starts, tallies of what came back."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """`is_counted`: the delivery counts for the frequency cap; `answer`: the provider's own words, which may quote an address."""
    op.execute("ALTER TABLE deliveries ADD COLUMN is_counted BOOLEAN DEFAULT false NOT NULL, ADD COLUMN answer TEXT")
    op.execute(
        "CREATE TABLE person_sends ("
        " person TEXT NOT NULL,"
        " principal TEXT NOT NULL,"
        " person_kind TEXT NOT NULL,"
        " claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,"
        " PRIMARY KEY (person, principal, person_kind)"
        ") WITH (fillfactor = 70)"
    )
    op.execute(
        "CREATE TABLE send_windows ("
        " scope TEXT NOT NULL,"
        " starts TIMESTAMP WITH TIME ZONE[] DEFAULT '{}' NOT NULL,"
        " counts INTEGER[] DEFAULT '{}' NOT NULL,"
        " PRIMARY KEY (scope)"
        ") WITH (fillfactor = 50)"
    )
    op.execute(
        "CREATE TABLE send_brakes ("
        " scope TEXT NOT NULL,"
        " sent BIGINT NOT NULL,"
        " bad BIGINT NOT NULL,"
        " since TIMESTAMP WITH TIME ZONE NOT NULL,"
        " pulled_at TIMESTAMP WITH TIME ZONE,"
        " PRIMARY KEY (scope)"
        ") WITH (fillfactor = 50)"
    )
