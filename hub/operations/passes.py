"""Passes of the staff: issued, listed, revoked; and the one with which whoever types signs what they say."""

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from contracts.base import Right, Staff, StaffPass
from contracts.base.v1 import BaseDatum
from contracts.contract import findings
from hub.errors import HubError, InputError
from hub.operations import base
from hub.operations.acts import Operator
from hub.operations.base_file import BaseFile, Laid
from hub.operations.base_plan import as_data
from hub.rules.basedata import BaseData
from hub.rules.passes import in_force, pass_id, public_key, standing

_MARK, _SECRET_BYTES = "hubpass-", 32
_OPTIONS = {"staff": "STAFF", "name": "--name", "may": "--may", "dealers": "--dealer", "expires_at": "--days"}


class Holder(NamedTuple):
    """Who types, by the pass that they show: the name that goes on record, and what signs it."""

    staff: str
    held: StaffPass
    secret: bytes

    def require(self, right: Right) -> None:
        """Raise HubError where the pass is not good for that: the consumer would refuse it."""
        if right not in self.held.may:
            raise HubError(
                f"the pass {self.held.id} of {self.staff} is not one with which one may {right}: it may {', '.join(self.held.may)}"
            )


class Issued(NamedTuple):
    """A new pass as it is laid down, its holder where they are new or get another name, and what they keep."""

    held: StaffPass
    holder: Staff | None
    is_new: bool
    token: str

    @property
    def laid(self) -> list[BaseDatum]:
        """All that is laid down."""
        return [self.held] if self.holder is None else [self.holder, self.held]


def read(path: Path) -> str:
    """What a pass's file holds; raises InputError where there is none, or where others may read it too."""
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        expected = f"the file of a pass that can be read ({getattr(error, 'strerror', None) or 'no text'})"
        is_secret = path.name.strip().startswith(_MARK)  # the pass itself, where its file was asked for
        raise InputError("--pass", f"{expected}, and not a pass" if is_secret else expected, None if is_secret else str(path)) from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError("--pass", f"a file that only you may read: chmod 600 {path}", f"{stat.S_IMODE(mode):o}")
    return text.strip()


def secret_of(token: str) -> bytes:
    """What signs; raises HubError for what is no pass, without saying it."""
    try:
        secret = base64.urlsafe_b64decode(token.removeprefix(_MARK) + "=")
    except (binascii.Error, ValueError):
        secret = b""
    if not token.startswith(_MARK) or len(secret) != _SECRET_BYTES:
        raise HubError(f"that is no pass: it begins with {_MARK}, and is shown once by hub staff issue")
    return secret


async def holder(url: str, token: str, now: datetime) -> Holder:
    """Whose pass it is; raises HubError where this hub does not know it, or it is not good any more."""
    secret = secret_of(token)
    name = pass_id(public_key(secret))
    found = in_force([one for one in await passes(url) if one.id == name], now)
    if found is None:
        raise HubError(f"the pass {name} is not known to this hub (hub staff list); just issued, it is as soon as base-data has folded it")
    word = standing(found, now)
    if word != "good":
        raise HubError(f"the pass {name} of {found.staff} is {word}: hub staff issue {found.staff} makes another")
    return Holder(found.staff, found, secret)


async def held(url: str, now: datetime) -> list[StaffPass]:
    """Every pass as it holds now, those of one person together."""
    editions: dict[str, list[StaffPass]] = {}
    for one in await passes(url):
        editions.setdefault(one.id, []).append(one)
    found = [in_force(each, now) for each in editions.values()]
    return sorted((one for one in found if one is not None), key=lambda one: (one.staff, one.expires_at, one.id))


async def passes(url: str) -> list[StaffPass]:
    """Every edition of every pass."""
    return [one for one in as_data(await base.editions(url, StaffPass.KIND)) if isinstance(one, StaffPass)]


async def known(url: str, staff: str, now: datetime) -> Staff | None:
    """Somebody of the staff as they are laid down by now, or will be first where no edition holds yet; None where nobody of that id is."""
    laid = BaseData(as_data(await base.editions(url, Staff.KIND)))
    return laid.find(Staff, staff, now) or next(iter(laid.editions(Staff, staff)), None)


async def draft(url: str, staff: str, *, name: str, may: Sequence[str], dealers: Sequence[str], days: int, now: datetime) -> Issued:
    """A new pass, not laid down yet; a `name` is for who is not known among the staff, or is called otherwise from today on.

    Raises InputError by option, also where they have left.
    """
    who = await known(url, staff, now)
    if who is None and not name:
        raise InputError("STAFF", "somebody of the staff (hub base list staff), or --name for somebody new", staff)
    if who is not None and who.retired:
        raise InputError("STAFF", "somebody who is still on the staff (hub base list staff): whoever has left gets no pass", staff)
    secret = secrets.token_bytes(_SECRET_BYTES)
    key = public_key(secret)
    said = {"staff": staff, "may": tuple(dict.fromkeys(may)), "dealers": tuple(dealers), "expires_at": now + timedelta(days=days)}
    pass_ = _made(StaffPass, {"id": pass_id(key), "key": key, "effective_from": now.date(), "occurred_at": now, **said})
    token = _MARK + base64.urlsafe_b64encode(secret).decode().rstrip("=")
    return Issued(pass_, _called(who, staff, name, now), who is None, token)


def _called(who: Staff | None, staff: str, name: str, now: datetime) -> Staff | None:
    """How somebody is laid down who is new or has another name; None where nothing changes."""
    if who is None:
        return _made(Staff, {"id": staff, "name": name, "occurred_at": now})  # type: ignore[no-any-return]
    if name in {"", who.name}:
        return None
    other = {"name": name, "occurred_at": now, "effective_from": now.date()}
    return _made(Staff, who.model_dump(exclude={"revision", "corrects"}) | other)  # type: ignore[no-any-return]


async def lay(operator: Operator, url: str, options: dict[str, Any], data: Sequence[BaseDatum]) -> None:
    """Publish passes, new or changed, as base data; whoever may write to oem.base may do it in any name."""
    said = BaseFile("hub staff", [Laid(at, datum) for at, datum in enumerate(data, 1)])
    await base.apply(operator, options, said, await base.plan(url, said))


async def revoked(url: str, which: str, now: datetime) -> list[StaffPass]:
    """The good passes of a person, or the one of that id, as they are once revoked; raises InputError where there is none."""
    good = [one for one in await held(url, now) if which in {one.id, one.staff} and standing(one, now) in {"good", "not good yet"}]
    if not good:
        raise InputError("STAFF|PASS", "somebody who has a pass that is good, or its id (hub staff list)", which)
    return [one.model_copy(update={"revoked_at": now}) for one in good]


def moment() -> datetime:
    """Now, as passes tell it: in whole seconds, as a person reads them."""
    return datetime.now(UTC).replace(microsecond=0)


def _made(kind: type[Any], said: dict[str, Any]) -> Any:  # noqa: ANN401 - of that kind
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        path, expected = findings(error)[0]
        option = _OPTIONS.get(path.split(".")[0], "STAFF")
        raise InputError(option, expected) from None
