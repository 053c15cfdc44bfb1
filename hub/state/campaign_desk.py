"""Campaigns for a person's eyes: how far each is expanded, and what became of its deliveries."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from hub.rules.campaigns import Campaign
from hub.rules.notices import OEM
from hub.state import stores
from hub.state.campaign_tables import campaign_plans, campaign_recipients
from hub.state.delivery_tables import deliveries
from hub.state.reading import Snapshot


class Standing(NamedTuple):
    """A campaign, how far its audience is expanded, and how many of its people and deliveries are in which state.

    `outcomes` counts people by channel and outcome, `deliveries` by channel and state, `excluded` people who are told nothing at all.
    """

    name: str
    campaign: Campaign
    because: UUID
    looked_at: int
    planned: int
    excluded: int
    finished_at: datetime | None
    ended_by: str | None
    outcomes: Mapping[tuple[str, str], int]
    deliveries: Mapping[tuple[str, str], int]


async def standings(look: Snapshot, name: str | None = None) -> list[Standing]:
    """One campaign or all of them, the latest first; people and deliveries are counted for the one that is asked for."""
    table, plans = stores.campaigns.table, campaign_plans
    fields = [table.c[field] for field in Campaign._fields]
    query = (
        sa.select(table.c.ref, table.c.because, plans.c.looked_at, plans.c.planned, plans.c.finished_at, plans.c.ended_by, *fields)
        .select_from(table.outerjoin(plans, plans.c.campaign == table.c.ref))
        .where(table.c.principal == OEM)
        .order_by(table.c.prepared_at.desc(), table.c.ref)
    )
    if name is not None:
        query = query.where(table.c.ref == name)
    found = []
    for row in await look.execute(query):
        ref, because, looked_at, planned, finished_at, ended_by, *state = row
        outcomes = await _counts(look, campaign_recipients, campaign_recipients.c.outcome, ref) if name else {}
        states = await _counts(look, deliveries, deliveries.c.state, ref) if name else {}
        excluded = await _excluded(look, ref) if name else 0
        made = Campaign(*state)
        found.append(Standing(ref, made, because, looked_at or 0, planned or 0, excluded, finished_at, ended_by, outcomes, states))
    return found


async def _counts(look: Snapshot, table: sa.Table, column: sa.ColumnElement[Any], name: str) -> dict[tuple[str, str], int]:
    channel = sa.func.coalesce(table.c.channel, "")
    query = sa.select(channel, column, sa.func.count()).where(table.c.campaign == name).group_by(channel, column).order_by(channel, column)
    return {(row[0], row[1]): row[2] for row in await look.execute(query)}


async def _excluded(look: Snapshot, name: str) -> int:
    """People who are told nothing on any channel."""
    people = campaign_recipients.c
    of = sa.select(sa.literal(1)).where(people.campaign == name).group_by(people.principal, people.person_kind, people.person)
    nobody = of.having(sa.not_(sa.func.bool_or(people.outcome == "planned"))).subquery()
    return int((await look.execute(sa.select(sa.func.count()).select_from(nobody))).scalar_one())
