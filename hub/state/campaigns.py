"""How far campaigns are expanded: locked, moved on and looked up."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from contracts.values import Channel
from hub.rules.expansion import ONCE, PLANNED, Verdict
from hub.rules.notices import Person
from hub.state.people import Addressee
from hub.state.store import Connection

_OPEN = """
SELECT c.ref FROM campaigns c LEFT JOIN campaign_plans p ON p.campaign = c.ref
WHERE c.principal = 'oem' AND c.status = 'released' AND NOT c.is_past AND p.finished_at IS NULL
  AND coalesce(greatest(p.next_due, c.not_before), '-infinity') <= $1
ORDER BY p.moved_at NULLS FIRST, c.ref
"""
_BEGIN = "INSERT INTO campaign_plans (campaign, as_of) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_LOCK = """
SELECT as_of, after_principal, after_ref, next_due, looked_at, planned, finished_at FROM campaign_plans WHERE campaign = $1
FOR UPDATE SKIP LOCKED
"""
_MOVE = """
UPDATE campaign_plans SET after_principal = $2, after_ref = $3, next_due = $4, looked_at = looked_at + $5, planned = planned + $6,
    moved_at = now(), finished_at = CASE WHEN $7::text IS NULL THEN NULL ELSE now() END, ended_by = $7
WHERE campaign = $1
"""
_TAKEN = """
SELECT channel, address_key FROM campaign_recipients
WHERE campaign = $1 AND channel = ANY($2::text[]) AND address_key = ANY($3::text[]) AND outcome = 'planned' AND day = $4::date
"""  # arrays, not a join: before the table is analysed, a join would look through all of it for every address
_NOTE = """
INSERT INTO campaign_recipients (campaign, day, principal, person_kind, person, channel, outcome, address_key)
SELECT $1, $2::date, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
"""
_TURN = """
UPDATE campaign_plans SET as_of = $2, after_principal = NULL, after_ref = NULL, next_due = $3, moved_at = now() WHERE campaign = $1
"""


_HALTED = "SELECT ref, status FROM campaigns WHERE principal = 'oem' AND ref = ANY($1::text[]) AND status IN ('paused', 'stopped')"


class Page(NamedTuple):
    """After whom to go on: a reference among those of a principal."""

    principal: str
    ref: str


class Plan(NamedTuple):
    """How far a campaign is expanded: after whom to go on, and when the next message may fall due."""

    as_of: datetime
    after: Page | None
    next_due: datetime | None
    looked_at: int
    planned: int
    is_finished: bool


class Judged(NamedTuple):
    """One person of an audience, who they are, and what became of them."""

    person: Person
    who: Addressee
    verdicts: tuple[Verdict, ...]


async def open_ones(connection: Connection, until: datetime) -> list[str]:
    """Released campaigns with somebody left, whose next message may fall due by then; whoever waited longest first."""
    return [row[0] for row in await connection.fetch(_OPEN, until)]


async def lock(connection: Connection, campaign: str, as_of: datetime) -> Plan | None:
    """The plan of a campaign, begun where it has none, until the transaction ends; None while another planner has it."""
    await connection.execute(_BEGIN, campaign, as_of)
    row = await connection.fetchrow(_LOCK, campaign)
    if row is None:
        return None
    after = Page(row[1], row[2]) if row[1] is not None else None
    return Plan(row[0], after, row[3], row[4], row[5], row[6] is not None)


async def halted(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """Those of the campaigns of which nothing may go now: paused, or stopped for good."""
    wanted = sorted(set(names))
    return {row[0]: row[1] for row in await connection.fetch(_HALTED, wanted)} if wanted else {}


async def taken(connection: Connection, campaign: str, keys: Sequence[tuple[Channel, str]], day: date = ONCE) -> set[tuple[Channel, str]]:
    """Those of the addresses that the campaign goes to already, on that day."""
    rows = await connection.fetch(_TAKEN, campaign, sorted({channel for channel, _ in keys}), [key for _, key in keys], day)
    return {(row[0], row[1]) for row in rows}  # a key is one channel's


async def turn(connection: Connection, campaign: str, as_of: datetime, next_due: datetime) -> None:
    """Go through the whole audience once more, as it is at that moment."""
    await connection.execute(_TURN, campaign, as_of, next_due)


async def move(
    connection: Connection,
    campaign: str,
    plan: Plan,
    judged: Sequence[Judged],
    next_due: datetime | None,
    ended_by: str | None,
    day: date = ONCE,
) -> None:
    """Note what became of these people, and that the next begin after them; `ended_by` says why nobody is left, where so."""
    rows = [(*one.person, verdict.channel, verdict.outcome, verdict.key) for one in judged for verdict in one.verdicts]
    if rows:
        await connection.execute(_NOTE, campaign, day, *map(list, zip(*rows, strict=True)))
    last = judged[-1].person if judged else None
    after = Page(last.principal, last.ref) if last else plan.after
    planned = sum(outcome == PLANNED for *_, outcome, _ in rows)
    await connection.execute(_MOVE, campaign, after and after.principal, after and after.ref, next_due, len(judged), planned, ended_by)
