"""Two small campaigns of the demo, prepared by one, approved by another, released: news to drivers who agreed to them, and wishes
to those of them whose birthday it is; to nobody else.
"""

import json
from typing import TYPE_CHECKING, Any

import typer

from hub.cli.printing import print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contracts.values import Channel
    from hub.operations.hearing import Said
    from hub.settings import Settings
    from hub.state.campaign_desk import Standing
    from hub.world.drivers import Drivers
    from hub.world.truth import Named

_PREPARES, _APPROVES = "demo-marketing", "demo-sales"  # nobody's but the demo's: with --keep it meets staff that is there already
_PATIENCE, _LOOK_AGAIN = 20.0, 0.3


async def run_campaigns(settings: "Settings", drivers: "Drivers") -> "tuple[Standing, Standing]":
    """Let both go out, and return how they stand: news when its whole audience is looked at, wishes when all who must be are planned."""
    passes = await _passes(settings)
    news = await _release(settings, drivers, drivers.segment, {"title": "The new estate"}, passes, lambda now: now.finished_at is not None)
    yearly = {"title": "Happy birthday", "repeat": "birthday", "zone": "UTC"}

    def is_out(now: "Standing") -> bool:
        return now.planned >= len(_celebrate(drivers, now))

    return news, await _release(settings, drivers, drivers.birthdays, yearly, passes, is_out)


async def _release(
    settings: "Settings",
    drivers: "Drivers",
    name: str,
    about: "Mapping[str, str]",
    passes: "Sequence[bytes]",
    is_out: "Callable[[Standing], bool]",
) -> "Standing":
    import asyncio
    from datetime import UTC, datetime, timedelta
    from time import monotonic

    from contracts.campaigns import CAMPAIGN_APPROVED, CAMPAIGN_PREPARED, CAMPAIGN_RELEASED
    from hub.operations.campaigns import head, make, shown

    url, (prepares, approves) = settings.database_url.get_secret_value(), passes
    plan = {
        "audience": "customers",
        "conditions": json.dumps({"segments": {"has": drivers.segment}}),
        "channels": ("email", "sms", "post"),
        "template": drivers.template,
        "purpose": "news",
        "grantee": "dealer",
        "expires_at": datetime.now(UTC) + timedelta(days=7),
        **about,
    }
    await _say(settings, CAMPAIGN_PREPARED, make(CAMPAIGN_PREPARED, head(name, _PREPARES, "spring comes"), plan), prepares)
    prepared = (await shown(url, name)).campaign
    agreed = {"prepared_by": prepared.prepared_by, "plan": prepared.plan}
    await _say(settings, CAMPAIGN_APPROVED, make(CAMPAIGN_APPROVED, head(name, _APPROVES, "looked at"), agreed), approves)
    await _say(settings, CAMPAIGN_RELEASED, make(CAMPAIGN_RELEASED, head(name, _PREPARES, "as planned"), {"plan": prepared.plan}), prepares)
    until = monotonic() + _PATIENCE
    while True:
        standing = await shown(url, name)
        if is_out(standing) or monotonic() > until:
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
    made = [await passes.draft(url, who, name=who.replace("-", " "), may=may, dealers=(), days=1, now=now) for who, may in rights]
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


def _celebrate(drivers: "Drivers", wishes: "Standing") -> "Mapping[Named, Channel]":
    """Whom the wishes must reach: whose birthday it is on the day of the release, which may be a day later than the demo began."""
    from datetime import UTC

    released_at = wishes.campaign.released_at
    return {} if released_at is None else drivers.wished(released_at.astimezone(UTC).date())


async def are_right(settings: "Settings", drivers: "Drivers", wishes: "Standing") -> tuple[bool, bool]:
    """Whether each goes to all whom it must go to, by the way over which they agreed, and to nobody else."""
    from hub.state.tables import rows

    told = [row async for row in rows(settings.database_url.get_secret_value(), "deliveries") if row["campaign"]]

    def is_right(name: str, readers: "Mapping[Named, Channel]") -> bool:
        found = [((row["principal"], row["person"]), row["channel"]) for row in told if row["campaign"] == name]
        return len(found) == len(readers) and dict(found) == readers

    return is_right(drivers.segment, drivers.readers()), is_right(drivers.birthdays, _celebrate(drivers, wishes))


def print_campaigns(news: "Standing", wishes: "Standing", *, are_right: tuple[bool, bool]) -> None:
    """What became of their audience."""
    typer.echo(f"\nA campaign looked at {news.looked_at:,} drivers; another person than who prepared it approved it:")
    rows = [(channel or "none", what.replace("_", " "), f"{count:,}") for (channel, what), count in sorted(news.outcomes.items())]
    print_table(("channel", "outcome", ">people"), rows)
    typer.echo(_to_whom("It went", "those who agreed to news", is_right=are_right[0]))
    told = f"Another goes on for a week: its {wishes.planned:,} wishes of a happy birthday went"
    typer.echo(_to_whom(told, "those of them whose birthday it is", is_right=are_right[1]))


def _to_whom(told: str, whom: str, *, is_right: bool) -> str:
    return f"{told} to {whom}, and to nobody else." if is_right else f"{told} NOT to exactly {whom}."
