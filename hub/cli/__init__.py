"""The words a person types: parsed, handed to operations, printed."""

import sys
from typing import TYPE_CHECKING

from hub.errors import HubError, Unavailable

if TYPE_CHECKING:
    import typer

_AWAY = "     hub up starts a hub on this machine; of another, HUB_KAFKA_BOOTSTRAP and HUB_DATABASE_URL say where it is (docs/settings.md)"


def mount() -> "typer.Typer":
    """The whole command line."""
    from hub.cli.words import mount as mount_words

    return mount_words()


def main() -> None:
    """Run what was typed; what a person can mend is one line on standard error and exit code 2."""
    import pydantic

    from hub.cli.processes import begin, named

    try:
        if process := named(sys.argv[1:]):
            begin(process)
        else:
            mount()(prog_name="hub")
    except HubError as error:
        print(f"hub: {error}", file=sys.stderr)
        if isinstance(error, Unavailable):
            print(_AWAY, file=sys.stderr)
        sys.exit(2)
    except pydantic.ValidationError as error:
        from contracts.contract import findings

        for path, expected in findings(error):
            print(f"hub: HUB_{path.upper()}: expected {expected}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
