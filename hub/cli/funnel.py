"""The word `hub funnel`: how the sales stand, stage by stage."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import ask
from hub.cli.printing import AsJson, print_json, print_table

if TYPE_CHECKING:
    from hub.operations.funnel import Amounts, ModelFunnel, StageFunnel

_DAY = ["%Y-%m-%d"]
_BAR = 24


def funnel(
    dealer: Annotated[str, typer.Option("--dealer", help="Only this dealer's opportunities.")] = "",
    model: Annotated[str, typer.Option("--model", help="Only this sales model.")] = "",
    since: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="Opened on this day or later (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=_DAY, help="Opened on this day or earlier (UTC).")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the sales funnel: counts, amounts, weighted amounts, conversion and ageing of each stage.

    Example: hub funnel --dealer ber-01 --from 2026-01-01
    """
    from hub.operations import funnel as operation

    found = ask(
        operation.funnel,
        dealer=dealer or None,
        model=model or None,
        since=since.date() if since else None,
        until=until.date() if until else None,
    )
    if as_json:
        print_json([{**one._asdict(), "stages": [stage._asdict() for stage in one.stages]} for one in found])
    elif not found:
        is_narrowed = dealer or model or since or until
        typer.echo("No opportunities match." if is_narrowed else "No opportunities yet: hub import crm, or hub simulate, brings some.")
    for one in () if as_json else found:
        _print(one)


def _print(found: "ModelFunnel") -> None:
    typer.secho(f"{found.model}{f' ({found.name})' if found.name else ''}", bold=True)
    most = max((stage.reached for stage in found.stages), default=0)
    print_table(
        ("stage", ">reached", "", ">open", ">won", ">lost", ">goes on", ">open amount", ">weighted", ">median days", ">limit", ">stuck"),
        [_row(stage, most) for stage in found.stages],
    )
    rate = "" if found.win_rate is None else f", {found.win_rate} % of the closed won"
    typer.echo(f"{found.open:,} open, {found.won:,} won, {found.lost:,} lost{rate}; {found.stuck:,} stuck")
    sums = (("open", found.open_amounts), ("weighted", found.weighted), ("won", found.won_amounts))
    typer.echo(", ".join(f"{word} {_amounts(amounts) or '—'}" for word, amounts in sums) + "\n")


def _row(stage: "StageFunnel", most: int) -> tuple[object, ...]:
    return (
        stage.stage if stage.probability is not None else f"{stage.stage} (no stage of the model today)",
        f"{stage.reached:,}",
        "█" * round(_BAR * stage.reached / most) if most else "",
        f"{stage.open:,}",
        f"{stage.won:,}",
        f"{stage.lost:,}",
        "" if stage.conversion is None else f"{stage.conversion} %",
        _amounts(stage.amounts),
        _amounts(stage.weighted),
        "" if stage.median_days is None else f"{stage.median_days:,}",
        stage.ageing_days or "",
        f"{stage.stuck:,}",
    )


def _amounts(amounts: "Amounts") -> str:
    from hub.rules.money import written

    return " + ".join(written(minor, currency) for currency, minor in amounts.items())
