"""How campaigns and their previews look on a terminal, and to programs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from hub.cli.printing import print_table, printable

if TYPE_CHECKING:
    from hub.operations.campaign_preview import Preview
    from hub.rules.campaigns import Campaign
    from hub.rules.prices import SegmentPrice
    from hub.state.campaign_desk import Standing


def print_plan(name: str, state: "Campaign") -> None:
    """All that a campaign is."""
    import yaml

    window = f", {state.opens} to {state.closes} ({state.zone})" if state.opens else ""
    typer.secho(printable(f"{name}: {state.title}"), bold=True)
    for head, told in (
        ("to", f"{state.audience}, {state.reach} of {', '.join(state.channels)}"),
        ("says", f"template {state.template}{''.join(f', {document}' for document in state.documents)}"),
        ("for", f"{state.purpose} ({state.nature}), in the name of {'the OEM' if state.grantee == 'oem' else 'each dealer'}"),
        ("pace", f"{f'{state.per_hour:,} an hour' if state.per_hour else 'all at once'}{window}"),
        ("from", f"{state.not_before:%Y-%m-%d %H:%MZ}" if state.not_before else "its release"),
        *([("repeats", _repeated(state))] if state.repeat else []),
        ("until", f"{state.expires_at:%Y-%m-%d %H:%MZ}"),
        ("prepared", f"{state.prepared_at:%Y-%m-%d %H:%MZ} by {state.prepared_by}"),
    ):
        typer.echo(f"  {head:9} {printable(told)}")
    if state.conditions:
        typer.echo("  where")
        for line in yaml.safe_dump(state.conditions, sort_keys=False, allow_unicode=True).splitlines():
            typer.echo(f"    {line}")


def _repeated(state: "Campaign") -> str:
    stand_in = "28 February" if state.leap_day == "before" else "1 March"
    return f"each year on the birthday of each ({state.zone}); of 29 February on {stand_in} where there is none"


def print_preview(state: "Campaign", found: "Preview") -> None:
    """Counts, and reasons of exclusion, by channel."""
    if not found.looked_at:
        typer.echo(f"Nobody: the conditions hold of none of the {state.audience}.")
        return
    print_table(
        ("channel", "what becomes of it", ">people"), [(channel or "any", outcome, f"{n:,}") for channel, outcome, n in _rows(found)]
    )
    typer.echo(f"{found.people:,} of {found.looked_at:,} {state.audience} are told; {found.looked_at - found.people:,} are not.")
    if found.birthdays:
        typer.echo(f"Each once a year, on their birthday: {', '.join(f'{day} {n:,}' for day, n in found.birthdays)}.")
    if found.texts.messages:
        alphabets = ", ".join(f"{n:,} in {alphabet}" for alphabet, n in found.texts.alphabets.most_common())
        typer.echo(f"{found.texts.messages:,} SMS take {found.texts.segments:,} segments ({alphabets}){_cost(found.texts.segments)}.")
    for fault, n in found.texts.faults.most_common(5):
        typer.echo(f"{n:,} SMS cannot be worded: {printable(fault)}")


def preview_json(name: str, found: "Preview") -> dict[str, Any]:
    """The same for programs."""
    price = _price()
    return {
        "campaign": name,
        "looked_at": found.looked_at,
        "told": found.people,
        "outcomes": [{"channel": channel or None, "outcome": outcome, "people": n} for channel, outcome, n in _rows(found)],
        "birthdays": [{"day": day, "people": n} for day, n in found.birthdays],
        "sms": {**found.texts._asdict(), "cost_minor": price and price.of(found.texts.segments), "currency": price and price.currency},
    }


def print_list(found: Sequence["Standing"]) -> None:
    """A line each."""
    if not found:
        typer.echo("No campaigns yet: hub campaigns new FILE prepares one.")
        return
    print_table(
        ("campaign", "title", "status", "audience", "channels", "prepared by", "approved by", ">people looked at", ">messages", "expanded"),
        [
            (
                one.name,
                one.campaign.title,
                one.campaign.status,
                one.campaign.audience,
                ", ".join(one.campaign.channels),
                one.campaign.prepared_by,
                one.campaign.approved_by or "",
                f"{one.looked_at:,}",
                f"{one.planned:,}",
                _expansion(one),
            )
            for one in found
        ],
    )


def print_standing(one: "Standing") -> None:
    """One campaign, and how far it is."""
    state = one.campaign
    print_plan(one.name, state)
    for head, who, at in (("approved", state.approved_by, state.approved_at), ("released", state.released_by, state.released_at)):
        if who and at:
            typer.echo(f"  {head:9} {at:%Y-%m-%d %H:%MZ} by {printable(who)}")
    typer.echo(f"  {'status':9} {state.status}: {printable(state.why)}")
    counts = f"{one.looked_at:,} people looked at, {one.planned:,} messages, {one.excluded:,} people told nothing"
    typer.echo(f"  {'expanded':9} {_expansion(one)}: {counts}")
    for head, found in (("what became of people", one.outcomes), ("what became of messages", one.deliveries)):
        if found:
            print_table(("channel", head, ">count"), [(channel or "any", what, f"{n:,}") for (channel, what), n in found.items()])


def standing_json(one: "Standing") -> dict[str, Any]:
    """The same for programs."""
    return {
        "campaign": one.name,
        **one.campaign._asdict(),
        "because": one.because,
        "expansion": _expansion(one),
        "looked_at": one.looked_at,
        "messages": one.planned,
        "told_nothing": one.excluded,
        "outcomes": [{"channel": channel or None, "outcome": what, "people": n} for (channel, what), n in one.outcomes.items()],
        "deliveries": [{"channel": channel or None, "state": what, "count": n} for (channel, what), n in one.deliveries.items()],
    }


def _expansion(one: "Standing") -> str:
    if one.finished_at is not None:
        return f"{one.ended_by} at {one.finished_at:%Y-%m-%d %H:%MZ}"
    return "going on" if one.campaign.status == "released" else "not begun" if not one.looked_at else f"{one.campaign.status} in the middle"


def _cost(parts: int) -> str:
    """What so many segments cost, where their price is known."""
    from hub.rules.money import written

    price = _price()
    return f" and cost {written(price.of(parts), price.currency)}" if price else ""


def _price() -> "SegmentPrice | None":
    from hub.rules.prices import SegmentPrice
    from hub.settings import Settings

    said = Settings().sms_price
    return SegmentPrice.read(said) if said else None


def _rows(found: "Preview") -> list[tuple[str, str, int]]:
    return [(channel, outcome, n) for (channel, outcome), n in sorted(found.outcomes.items())]
