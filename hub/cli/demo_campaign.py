"""A small campaign of the demo: prepared by one, approved by another, released; to drivers who agreed to news, and to nobody else."""

import json
from typing import TYPE_CHECKING, Any

import typer

from hub.cli.printing import print_table

if TYPE_CHECKING:
    from hub.operations.hearing import Said
    from hub.settings import Settings
    from hub.state.campaign_desk import Standing
    from hub.world.drivers import Drivers

_PREPARES, _APPROVES = "marketing", "sales"
_PATIENCE, _LOOK_AGAIN = 20.0, 0.3


async def run_campaign(settings: "Settings", drivers: "Drivers") -> "Standing":
    """Let it go out, and return how it stands when all of its audience is looked at."""
    import asyncio
    from datetime import UTC, datetime, timedelta
    from time import monotonic

    from contracts.campaigns import CAMPAIGN_APPROVED, CAMPAIGN_PREPARED, CAMPAIGN_RELEASED
    from hub.operations.campaigns import head, make, shown

    url, name = settings.database_url.get_secret_value(), drivers.segment
    prepares, approves = await _passes(settings)
    plan = {
        "title": "The new estate",
        "audience": "customers",
        "conditions": json.dumps({"segments": {"has": drivers.segment}}),
        "channels": ("email", "sms", "post"),
        "template": drivers.template,
        "purpose": "news",
        "grantee": "dealer",
        "expires_at": datetime.now(UTC) + timedelta(days=7),
    }
    await _say(settings, CAMPAIGN_PREPARED, make(CAMPAIGN_PREPARED, head(name, _PREPARES, "the estate comes in spring"), plan), prepares)
    prepared = (await shown(url, name)).campaign
    agreed = {"prepared_by": prepared.prepared_by, "plan": prepared.plan}
    await _say(settings, CAMPAIGN_APPROVED, make(CAMPAIGN_APPROVED, head(name, _APPROVES, "looked at"), agreed), approves)
    await _say(settings, CAMPAIGN_RELEASED, make(CAMPAIGN_RELEASED, head(name, _PREPARES, "as planned"), {"plan": prepared.plan}), prepares)
    until = monotonic() + _PATIENCE
    while True:
        standing = await shown(url, name)
        if standing.finished_at is not None or monotonic() > until:
            return standing
        await asyncio.sleep(_LOOK_AGAIN)


async def _passes(settings: "Settings") -> list[bytes]:
    """What the two sign with: each has a pass, made for this demo and kept nowhere else."""
    from hub.operations import passes
    from hub.operations.acts import Operator
    from hub.operations.cluster import Cluster
    from hub.wiring import kafka_options

    url, now = settings.database_url.get_secret_value(), passes.moment()
    rights = ((_PREPARES, ("prepare", "release")), (_APPROVES, ("approve",)))
    made = [await passes.draft(url, who, name=f"The demo's {who}", may=may, dealers=(), days=1, now=now) for who, may in rights]
    operator = Operator(Cluster(settings), "two people of the demo")
    await passes.lay(operator, url, kafka_options(settings), [datum for one in made for datum in one.laid])
    return [passes.secret_of(one.token) for one in made]


async def _say(settings: "Settings", lineage: Any, body: Any, secret: bytes) -> "Said":  # noqa: ANN401 - any lineage and its body
    from hub.errors import HubError
    from hub.operations.campaigns import say
    from hub.operations.hearing import hear
    from hub.rules.passes import signed
    from hub.wiring import kafka_options

    said = await say(kafka_options(settings), lineage, signed(body, secret), body.who)
    came = await hear(settings.database_url.get_secret_value(), said, _PATIENCE)
    if came.is_in_vain:
        raise HubError(f"{lineage.name}: {came.told}")
    return said


async def is_right(settings: "Settings", drivers: "Drivers") -> bool:
    """Whether it goes to all who agreed to news, by the way over which they did, and to nobody else."""
    from hub.state.tables import rows

    url = settings.database_url.get_secret_value()
    told = [row async for row in rows(url, "deliveries") if row["campaign"] == drivers.segment]
    ways = {(row["principal"], row["person"]): row["channel"] for row in told}
    return len(told) == len(ways) and ways == drivers.readers()


def print_campaign(standing: "Standing", *, is_right: bool) -> None:
    """What became of its audience."""
    typer.echo(f"\nA campaign looked at {standing.looked_at:,} drivers; another person than who prepared it approved it:")
    rows = [(channel or "none", what.replace("_", " "), f"{count:,}") for (channel, what), count in sorted(standing.outcomes.items())]
    print_table(("channel", "outcome", ">people"), rows)
    typer.echo(
        "It went to those who agreed to news, and to nobody else." if is_right else "It did NOT go to exactly those who agreed to news."
    )
