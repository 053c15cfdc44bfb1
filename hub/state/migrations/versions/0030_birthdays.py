"""Campaigns that go out day after day, to those whose birthday it is."""

from alembic import op

revision = "0030"
down_revision = "0029"

_STATEMENTS = """
ALTER TABLE campaigns ADD COLUMN repeat TEXT, ADD COLUMN leap_day TEXT NOT NULL DEFAULT 'before';

ALTER TABLE campaign_recipients ADD COLUMN day DATE NOT NULL DEFAULT '1900-01-01';

ALTER TABLE campaign_recipients DROP CONSTRAINT campaign_recipients_pkey,
    ADD PRIMARY KEY (campaign, principal, person_kind, person, channel, day);

DROP INDEX campaign_recipients_address;

CREATE UNIQUE INDEX campaign_recipients_address ON campaign_recipients (campaign, channel, address_key, day) WHERE outcome = 'planned'
"""


def upgrade() -> None:
    """What became of a person is noted for each day; of a campaign that goes out once for none.

    `leap_day` keeps its default: a process of the version before saves campaigns without it.
    """
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
