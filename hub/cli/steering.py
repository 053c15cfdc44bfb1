"""The words `hub pause` and `hub resume`: let a consumer stand still, and go on."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import DryRun, Reason
from hub.cli.doing import print_outcome
from hub.cli.printing import AsJson

if TYPE_CHECKING:
    from hub.operations.pausing import Outcome
    from hub.settings import Settings
    from hub.state.steering import Scope

Name = Annotated[str, typer.Argument(metavar="CONSUMER", help="A consumer's name, such as crm-sync, or courier.")]
Place = Annotated[str, typer.Argument(metavar="[TOPIC[:PARTITION]]", help="One topic or partition; unless told, all of the consumer's.")]


def pause(consumer: Name, place: Place = "", why: Reason = "", dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Let every process of a consumer stand still, also after a restart; records wait on the broker.

    Examples: hub pause crm-sync --why "the database moves" · hub pause crm-sync dealer.ber-01.events --why "its system sends nonsense"
    """
    from hub.operations import pausing

    _act(lambda settings, scope: pausing.pause(settings, scope, why=why, dry_run=dry_run), consumer, place, dry_run, as_json)


def resume(consumer: Name, place: Place = "", why: Reason = "", dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Let what was paused go on, and what the brake or an unknown error halted.

    A partition whose next offset the log does not hold is not released: hub offsets set decides from where it goes on.

    Example: hub resume crm-sync dealer.ber-01.events:0 --why "the dealer has mended its export"
    """
    from hub.operations import pausing

    _act(lambda settings, scope: pausing.resume(settings, scope, why=why, dry_run=dry_run), consumer, place, dry_run, as_json)


def _act(
    word: "Callable[[Settings, Scope], Coroutine[Any, Any, Outcome]]", consumer: str, place: str, dry_run: bool, as_json: bool
) -> None:
    import asyncio

    from hub.operations.places import scope
    from hub.settings import Settings

    outcome = asyncio.run(word(Settings(), scope(consumer, place)))
    if as_json:
        return print_outcome({"consumer": consumer, "place": place or None, "notes": outcome.notes}, outcome.done, is_dry=dry_run)
    for done in outcome.done:
        typer.echo(f"{'would be: ' if dry_run else ''}{done}")
    for note in outcome.notes:
        typer.echo(note, err=True)
    if not outcome.done and not outcome.notes:
        typer.echo(f"{consumer}{' ' + place if place else ''}: nothing is paused, or halted by the brake or an unknown error.")
    return None
