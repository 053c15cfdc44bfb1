"""The words `hub run` and `hub migrate`: one process, and the schema it needs."""

from typing import Annotated

import typer


def run(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A consumer's name, such as crm-sync; or relay, clock, planner, courier, door.")
    ],
) -> None:
    """Run one process until it is told to stop (SIGTERM); it reads its settings from HUB_… variables.

    Example: hub run crm-sync
    """
    from hub.cli.processes import begin

    begin(name)


def migrate() -> None:
    """Bring the state store to this version's schema; runs side by side wait for each other.

    Example: hub migrate
    """
    from alembic.util import CommandError

    from hub.errors import HubError
    from hub.settings import Settings
    from hub.state.migrations import upgrade
    from hub.state.reading import answering

    url = Settings().database_url.get_secret_value()
    try:
        with answering(url):
            upgrade(url)
    except CommandError as error:
        raise HubError(f"the schema of the state store is not one that this version of the hub knows: {error}") from None
    typer.echo("The state store has this version's schema.")
