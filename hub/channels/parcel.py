"""A parcel, ready to go to one person, and the receipt that a channel gives for it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, NamedTuple, Protocol, Self, TypeAlias

from contracts.values import Cause, Channel
from hub.channels.mail.data import as_data, as_message


@dataclass(frozen=True, slots=True)
class Mail:
    """A whole MIME message, headers and attachments included, as SMTP's DATA wants it; `sender` is whom a bounce goes to."""

    channel: ClassVar[Channel] = "email"
    sender: str
    data: bytes

    @classmethod
    def of(cls, sender: str, message: bytes) -> Self:
        """Of a message that anybody made."""
        return cls(sender, as_data(message))

    @property
    def message(self) -> bytes:
        """As its reader has it."""
        return as_message(self.data)


@dataclass(frozen=True, slots=True)
class Sms:
    """A text; `sender` is the number or name that it comes from."""

    channel: ClassVar[Channel] = "sms"
    sender: str
    text: str


class Enclosure(NamedTuple):
    """A printable file that goes into the envelope; `document` is its name and version."""

    document: str
    sha256: str
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A printable letter; `lines` are the address as it stands on the envelope, the country last."""

    channel: ClassVar[Channel] = "post"
    sender: str
    lines: tuple[str, ...]
    pdf: bytes
    enclosures: tuple[Enclosure, ...] = ()


Content: TypeAlias = Mail | Sms | Letter


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery to one address: an e-mail address, a number in E.164, or a name for the letter's addressee.

    `delivery` goes along, so that a provider's reports, a bounce or an answer can be laid to it.
    """

    delivery: str
    address: str
    content: Content


class Accepted(NamedTuple):
    """The next system has taken it over; `reference` is its own name for it."""

    reference: str


class TryLater(NamedTuple):
    """Not taken, for a reason that passes; not before `after`, where the other side said so."""

    reason: str
    after: timedelta | None = None


class Refused(NamedTuple):
    """Not taken. Final: never for this address or content. Not final: nobody got it because of us, and somebody has to mend that first."""

    reason: str
    is_final: bool
    cause: Cause


class Unsure(NamedTuple):
    """Nobody knows whether it was taken: it must not go again by itself."""

    reason: str


Receipt: TypeAlias = Accepted | TryLater | Refused | Unsure


class ParcelChannel(Protocol):
    """A way out. It answers and does not throw; whoever cancels a `send` has to take the parcel for unsure.

    `longest` bounds a send in seconds, while no more than `at_once` are under way: a claim's lease has to outlive it. Beyond them it takes
    `spare` more in hand, so that no line of it stands idle between two; when those start is its own affair, within `longest` all the same.
    """

    at_once: int
    spare: int
    longest: float

    async def send(self, parcel: Parcel) -> Receipt:
        """Hand the parcel over, once."""
        ...

    async def close(self) -> None:
        """Let go of what is kept open; parcels under way are finished first."""
        ...
