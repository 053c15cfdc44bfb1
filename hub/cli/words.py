"""Every word of the command line, under the panel of `hub --help` where a person would look for it."""

from collections.abc import Callable
from typing import Annotated

import typer

from hub.cli.processes import has_own

app = typer.Typer(
    name="hub",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="The hub between a car maker, its dealers, its ERP, its carriers and the people who buy."
    " Start with `hub demo`, or `hub up` and `hub status`.",
)


def _print_version(is_asked: bool) -> None:
    from importlib.metadata import version

    if is_asked:
        typer.echo(f"hub {version('dealer-hub')}")
        raise typer.Exit


@app.callback()
def _before(
    _version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")] = False,
) -> None:
    from hub.telemetry import configure_logs

    configure_logs("warning")
    _adopt_local_stack()


def mount() -> typer.Typer:
    """Every command under its word, in the panel of `hub --help` where a person would look for it."""
    from hub.cli import (
        acts,
        audiences,
        base,
        brakes,
        campaigns,
        caught,
        complaints,
        consents,
        contracts,
        dead_letters,
        deliveries,
        demo,
        documents,
        door,
        execution,
        freight,
        freight_books,  # noqa: F401 - its words are among those of freight
        funnel,
        imports,
        message,
        offsets,
        orders,
        outbox,
        partners,
        post,
        recover,
        reminders,
        replay,
        run,
        shipments,
        show,
        simulate,
        stack,
        staff,
        steering,
        suppressions,
        thread,
        topics,
        waiting,
    )

    words: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
        "A hub on this machine": {
            "demo": demo.demo,
            "up": stack.up,
            "down": stack.down,
            "simulate": simulate.simulate,
            "mail": caught.mail,
            "sms": caught.sms,
        },
        "How it is doing, and what to do about it": {
            "status": stack.status,
            "dead-letters": dead_letters.app,
            "waiting": waiting.app,
            "outbox": outbox.app,
            "deliveries": deliveries.app,
            "brakes": brakes.app,
            "pause": steering.pause,
            "resume": steering.resume,
            "offsets": offsets.app,
            "replay": replay.replay,
            "recover": recover.recover,
            "acts": acts.app,
        },
        "From the first interest to the last visit": {
            "show": show.app,
            "thread": thread.thread,
            "funnel": funnel.funnel,
            "opportunity": execution.app,
            "orders": orders.app,
            "receivables": orders.receivables,
            "shipments": shipments.app,
            "freight": freight.app,
            "reminders": reminders.app,
            "complaints": complaints.app,
        },
        "What people are told": {
            "campaigns": campaigns.app,
            "audiences": audiences.app,
            "staff": staff.app,
            "message": message.app,
            "documents": documents.app,
            "consents": consents.app,
            "suppressions": suppressions.app,
            "post": post.app,
        },
        "Partners, and what is agreed with them": {
            "partners": partners.app,
            "door": door.app,
            "import": imports.app,
            "base": base.app,
            "contracts": contracts.app,
            "topics": topics.app,
        },
        "On servers": {
            "run": run.run,
            "migrate": run.migrate,
        },
    }
    for panel, named in words.items():
        for word, meant in named.items():
            if isinstance(meant, typer.Typer):
                app.add_typer(meant, name=word, rich_help_panel=panel)
            else:
                app.command(word, rich_help_panel=panel)(meant)
    return app


def _adopt_local_stack() -> None:
    """Without settings of its own, a command speaks to the hub that `hub up` runs on this machine."""
    import os

    from hub.cli.stack import data_folder
    from hub.local.stack import find
    from hub.settings import Settings

    if has_own(Settings()):
        return
    stack = find(data_folder(None))
    if stack is not None:
        os.environ.update(stack.environment())
