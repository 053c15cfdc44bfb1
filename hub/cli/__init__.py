"""The words a person types: parsed, handed to operations, printed."""

import sys

import typer

from hub.errors import HubError

app = typer.Typer(
    name="hub",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="The hub between a car maker, its dealers and its ERP. Start with `hub demo`, or `hub up` and `hub status`.",
)


def mount() -> typer.Typer:
    """Every command under its word."""
    from hub.cli import base, contracts, funnel, imports, partners, run, show, simulate, stack, topics

    for word, module in {
        "topics": topics,
        "partners": partners,
        "contracts": contracts,
        "base": base,
        "show": show,
        "import": imports,
    }.items():
        app.add_typer(module.app, name=word)
    app.command("run")(run.run)
    app.command("migrate")(run.migrate)
    app.command("up")(stack.up)
    app.command("down")(stack.down)
    app.command("status")(stack.status)
    app.command("demo")(stack.demo)
    app.command("simulate")(simulate.simulate)
    app.command("funnel")(funnel.funnel)
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
        for fault in error.errors(include_input=False, include_url=False):
            where = "_".join(str(step) for step in fault["loc"]).upper()
            print(f"hub: HUB_{where}: {fault['msg']}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
