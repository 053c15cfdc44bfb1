"""The words `hub outbox …`: events that cannot be sent as they are, and what is done about them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import Unmask, Why, operator
from hub.cli.doing import Deed, Manner, do, with_manner
from hub.cli.printing import AsJson, print_json, print_more, print_table, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from hub.state.outbox_desk import Aside

app = typer.Typer(no_args_is_help=True, help="Events of the outbox that cannot be sent as they are, and what is done about them.")

Topic = Annotated[str, typer.Option("--topic", help="Only those for this topic.")]
Reason = Annotated[str, typer.Option("--reason", help="Only for this reason, such as unknown_topic.")]
Key = Annotated[str, typer.Option("--key", help="Only of this key.")]
Most = Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="At most so many.")]
Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Beginnings of event ids; without any, all that the filters leave.")
]


@app.command("list")
def list_(topic: Topic = "", reason: Reason = "", key: Key = "", most: Most = 50, as_json: AsJson = False) -> None:
    """List the events that are set aside, in the order in which they were said.

    Example: hub outbox list --reason unknown_topic
    """
    from hub.operations.outbox import masked

    found = [masked(event) for event in _find(topic, reason, key, most)]
    if as_json:
        return print_json([_told(event) for event in found])
    if not found:
        typer.echo("No event is set aside.")
        return None
    _print(found)
    print_more(len(found), most)
    return None


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The beginning of the event's id.")],
    unmask: Unmask = False,
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Show one event that is set aside: why, what it says, and how many wait behind it.

    Example: hub outbox show 5e441e34
    """
    import asyncio

    from hub.operations import outbox
    from hub.settings import Settings

    settings = Settings()
    who = operator(why) if unmask else None
    [event] = asyncio.run(outbox.named(settings, [name]))
    if who is not None:
        who.unmasks("outbox.unmasked", str(event.event_id))
    body = outbox.content(event, is_masked=not unmask)
    if not unmask:
        event = outbox.masked(event)
    if as_json:
        return print_json({**_told(event), "body": body})
    typer.echo(f"event {event.event_id} of {event.consumer}, said {event.said_at:%Y-%m-%d %H:%M:%SZ}")
    typer.echo(f"  for     {event.topic}, key {printable(event.key)}, {event.type}")
    typer.echo(f"  reason  {event.reason}; {event.behind} wait behind it")
    print_json(body)
    return None


@app.command()
@with_manner
def release(
    ids: Ids = None,
    topic: Topic = "",
    reason: Reason = "",
    key: Key = "",
    *,
    manner: Manner,
) -> None:
    """Let the relay try events again at once, and what waits behind them; do so when the cause is mended.

    Example: hub outbox release --topic hub.crm --why "the broker takes larger records now" --dry-run
    """
    from hub.operations import outbox

    said = "released: the relay tries them now (hub outbox list shows what it sets aside again)"
    _do("Release", said, outbox.release, _chosen(ids, topic, reason, key), manner)


@app.command()
@with_manner
def drop(
    ids: Ids = None,
    topic: Topic = "",
    reason: Reason = "",
    key: Key = "",
    *,
    manner: Manner,
) -> None:
    """Give events up: nobody will ever hear of them, and what waits behind them goes on.

    Example: hub outbox drop 5e441e34 --why "its dealer has left, and its topics are gone" --dry-run
    """
    from hub.operations import outbox

    _do("Drop", "dropped", outbox.drop, _chosen(ids, topic, reason, key), manner)


def _find(topic: str, reason: str, key: str, most: int) -> "list[Aside]":
    import asyncio

    from hub.operations import outbox
    from hub.settings import Settings
    from hub.state.outbox_desk import Choice

    return asyncio.run(outbox.find(Settings(), Choice(topic, reason, key), most))


def _chosen(ids: list[str] | None, topic: str, reason: str, key: str) -> "list[Aside]":
    """The events meant: those of the ids, else those of the filters, of which there must be one."""
    import asyncio

    from hub.errors import InputError
    from hub.operations import outbox
    from hub.settings import Settings

    if not ids and not (topic or reason or key):
        raise InputError("ID", "ids, or at least one filter: all events at once are never meant")
    return asyncio.run(outbox.named(Settings(), ids)) if ids else _find(topic, reason, key, 100_000)


def _do(what: str, outcome: str, act: "Callable[..., Coroutine[Any, Any, tuple[str, ...]]]", events: "list[Aside]", how: Manner) -> None:
    import asyncio

    from hub.operations.outbox import masked
    from hub.settings import Settings

    shown = [masked(event) for event in events]
    deed = Deed(
        told={"events": [_told(event) for event in shown]},
        show=lambda: _print(shown) if shown else typer.echo("No event is set aside that fits."),
        ask=f"{what} {len(events):,}?",
        act=(lambda: asyncio.run(act(Settings(), events, why=how.why))) if events else None,
        say=lambda done: f"{len(done):,} {outcome}.",
    )
    do(deed, how)


def _print(events: "list[Aside]") -> None:
    now = datetime.now(UTC)
    print_table(
        ("id", "for", "key", "event", "reason", ">behind", ">age"),
        [
            (
                str(event.event_id)[:8],
                event.topic,
                event.key,
                event.type,
                event.reason,
                event.behind or "",
                f"{(now - event.said_at).total_seconds() / 3600:.1f} h",
            )
            for event in events
        ],
    )


def _told(event: "Aside") -> dict[str, object]:
    return {name: value for name, value in event._asdict().items() if name not in {"id", "body", "subject"}}
