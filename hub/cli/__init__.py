"""The words a person types: parsed, handed to operations, printed."""

import sys
from typing import Annotated

import typer

from hub.errors import HubError

app = typer.Typer(
    name="hub",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="The hub between a car maker, its dealers and its ERP. Start with `hub demo`, or `hub up` and `hub status`.",
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
    """Every command under its word."""
    from hub.cli import (
        acts,
        audiences,
        base,
        brakes,
        campaigns,
        caught,
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
        steering,
        suppressions,
        thread,
        topics,
        waiting,
    )

    app.command("demo")(demo.demo)
    app.command("up")(stack.up)
    app.command("down")(stack.down)
    app.command("status")(stack.status)
    app.command("pause")(steering.pause)
    app.command("resume")(steering.resume)
    app.command("simulate")(simulate.simulate)
    app.add_typer(show.app, name="show")
    app.command("thread")(thread.thread)
    app.command("funnel")(funnel.funnel)
    app.add_typer(execution.app, name="opportunity")
    app.add_typer(orders.app, name="orders")
    app.command("receivables")(orders.receivables)
    app.add_typer(shipments.app, name="shipments")
    app.add_typer(freight.app, name="freight")
    app.add_typer(reminders.app, name="reminders")
    app.add_typer(base.app, name="base")
    app.add_typer(campaigns.app, name="campaigns")
    app.add_typer(message.app, name="message")
    app.add_typer(documents.app, name="documents")
    app.add_typer(audiences.app, name="audiences")
    app.add_typer(imports.app, name="import")
    app.add_typer(dead_letters.app, name="dead-letters")
    app.add_typer(waiting.app, name="waiting")
    app.add_typer(outbox.app, name="outbox")
    app.add_typer(deliveries.app, name="deliveries")
    app.add_typer(brakes.app, name="brakes")
    app.add_typer(acts.app, name="acts")
    app.add_typer(consents.app, name="consents")
    app.add_typer(suppressions.app, name="suppressions")
    app.add_typer(offsets.app, name="offsets")
    app.add_typer(partners.app, name="partners")
    app.add_typer(door.app, name="door")
    app.add_typer(caught.mail, name="mail")
    app.add_typer(caught.sms, name="sms")
    app.add_typer(post.app, name="post")
    app.add_typer(topics.app, name="topics")
    app.add_typer(contracts.app, name="contracts")
    app.command("replay")(replay.replay)
    app.command("recover")(recover.recover)
    app.command("run")(run.run)
    app.command("migrate")(run.migrate)
    return app


def main() -> None:
    """Run the command line; what a person can mend is one line on standard error and exit code 2."""
    import pydantic

    try:
        mount()()
    except HubError as error:
        print(f"hub: {error}", file=sys.stderr)
        sys.exit(2)
    except pydantic.ValidationError as error:
        from contracts.contract import findings

        for path, expected in findings(error):
            print(f"hub: HUB_{path.upper()}: expected {expected}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _adopt_local_stack() -> None:
    """Without settings of its own, a command speaks to the hub that `hub up` runs on this machine."""
    import os

    from hub.cli.stack import data_folder
    from hub.local.stack import find
    from hub.settings import Settings

    if Settings().model_fields_set & {"kafka_bootstrap", "database_url"}:
        return
    stack = find(data_folder(None))
    if stack is not None:
        os.environ.update(stack.environment())
