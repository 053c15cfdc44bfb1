"""Who types, where what they say stands under their name: by the pass that they show."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar

import typer

if TYPE_CHECKING:
    from contracts.base import Right
    from contracts.campaigns import CampaignEvent
    from hub.operations.passes import Holder

    E = TypeVar("E", bound=CampaignEvent)

Pass = Annotated[
    Path | None,
    typer.Option("--pass", metavar="FILE", help="The file of your pass, where it is not where yours is kept (hub staff whoami)."),
]


class Signer(NamedTuple):
    """The name that goes on record, and the pass that proves it where there is one."""

    who: str
    holder: "Holder | None"

    def signs(self, body: "E") -> "E":
        """What is said, signed where a pass is shown."""
        from hub.rules.passes import signed

        return signed(body, self.holder.secret) if self.holder else body  # type: ignore[return-value] # the same event


def signer(file: Path | None, right: "Right | None" = None) -> Signer:
    """Whoever shows a pass that is good for that; what needs no right goes by the operating system's login where there is no pass.

    Raises HubError where a pass is needed and none is shown, or where the one that is shown is not good.
    """
    from hub.errors import HubError
    from hub.operations.acts import system_user

    try:
        found = shown(file)
    except HubError as error:
        if right is not None or file is not None:
            raise
        typer.echo(f"without your pass: {error}", err=True)  # to hold what goes wrong must not hang upon it
        found = None
    if right is None:
        return Signer(found.staff if found else system_user(), found)
    if found is None:
        raise HubError(
            f"to {right} needs your pass ({looked_for()}); who administers the hub makes one: hub staff issue NAME --may {right}"
        )
    found.require(right)
    return Signer(found.staff, found)


def shown(file: Path | None) -> "Holder | None":
    """Who shows a pass: in that file, in the environment, or where a person keeps theirs; None where nobody does."""
    import asyncio

    from hub.cli.acting import url
    from hub.operations.passes import holder, moment, read
    from hub.settings import Settings

    settings = Settings()
    token = "" if file else settings.staff_pass.get_secret_value().strip()
    place = file or (Path(settings.staff_pass_file) if settings.staff_pass_file else _kept())
    if not token and (file or settings.staff_pass_file or place.exists()):
        token = read(place)
    return asyncio.run(holder(url(), token, moment())) if token else None


def looked_for() -> str:
    """Where a pass may be."""
    return f"--pass FILE, HUB_STAFF_PASS, HUB_STAFF_PASS_FILE or {_kept()}"


def _kept() -> Path:
    from hub.local.folders import config_folder

    return config_folder() / "staff-pass"
