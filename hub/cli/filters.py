"""The filters that dead letters and waiting records share: the same options with the same meaning wherever they are chosen."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hub.cli.options import taking
from hub.errors import InputError

if TYPE_CHECKING:
    from contracts.values import Channel

CHANNELS = "email, sms or post"

_PRINCIPAL = re.compile(r"(oem|erp|hub|(dealer|carrier):[a-z0-9-]{1,40})\Z")
_AGE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)([smhd]?)\Z")
_HOURS = {"s": 1 / 3600, "m": 1 / 60, "": 1.0, "h": 1.0, "d": 24.0}


class Filters(NamedTuple):
    """What is chosen; what is empty does not matter. Older than `before`, and younger than `after`."""

    topic: str = ""
    principal: str = ""
    type: str = ""
    key: str = ""
    consumer: str = ""
    before: datetime | None = None
    after: datetime | None = None


def filters(
    dealer: Annotated[str, typer.Option("--dealer", metavar="ID", help="Only this dealer's.")] = "",
    sender: Annotated[str, typer.Option("--of", metavar="SENDER", help="Only of this sender: oem, erp, hub, dealer:ID, carrier:ID.")] = "",
    topic: Annotated[str, typer.Option("--topic", help="Only of this topic.")] = "",
    wire: Annotated[str, typer.Option("--type", help="Only of this event type, such as hub.customer.changed.v1.")] = "",
    key: Annotated[str, typer.Option("--key", help="Only of this record key.")] = "",
    consumer: Annotated[str, typer.Option("--consumer", help="Only of this consumer, such as crm-sync.")] = "",
    older_than: Annotated[str, typer.Option("--older-than", metavar="AGE", help="Only older ones: 90m, 36h, 2d; a number is hours.")] = "",
    newer_than: Annotated[str, typer.Option("--newer-than", metavar="AGE", help="Only younger ones.")] = "",
) -> Filters:
    """What these options choose; raises InputError naming the option."""
    if dealer and sender:
        raise InputError("--of", "either --dealer or --of", sender)
    principal = dealers(dealer) or sender
    if principal and not _PRINCIPAL.match(principal):
        expected = "1 to 40 of a-z, 0-9 and -" if dealer else "oem, erp, hub, dealer:ID or carrier:ID"
        raise InputError("--dealer" if dealer else "--of", expected, dealer or sender)
    return Filters(topic, principal, wire, key, consumer, ago("--older-than", older_than), ago("--newer-than", newer_than))


def dealers(dealer: str) -> str:
    """Whose references `--dealer` chooses; nobody's where it names nobody."""
    from hub.rules.decision import principal_of  # heavy

    return principal_of(dealer) if dealer else ""


def channel_of(name: str) -> "Channel | None":
    """The channel that `--channel` names, None where it names none; raises InputError for a word that is no channel."""
    match name:
        case "":
            return None
        case "email" | "sms" | "post":
            return name
        case _:
            raise InputError("--channel", CHANNELS, name)


filtered = taking(chosen=filters)
"""For a command with the options of `filters`, in the place of its parameter `chosen`."""


def ago(option: str, age: str) -> datetime | None:
    """The moment that an age such as 36h stands for; None without one. Raises InputError naming the option."""
    if not age:
        return None
    match = _AGE.match(age)
    if match is None:
        raise InputError(option, "an age such as 90m, 36h or 2d; a number alone is hours", age)
    return datetime.now(UTC) - timedelta(hours=float(match[1]) * _HOURS[match[2]])
