"""What an operator can do about letters: look at the print batches, and tell the hub which letters came back."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.addresses import address_key, hint
from contracts.reports import ADDRESS_BOUNCED, AddressBounced
from contracts.topics import REPORTS
from hub.channels.post.batch import MANIFEST, faults
from hub.channels.post.returns import Returned
from hub.errors import InputError
from hub.operations.acts import Operator
from hub.operations.places import store
from hub.producers.publisher import Publisher
from hub.settings import Settings
from hub.state import door

_NAMES, _SOURCE = uuid5(NAMESPACE_URL, "urn:hub:post"), "/hub/post"


class PrintBatch(NamedTuple):
    """A batch as it lies in the printer's folder; `faults` say how it differs from what was committed."""

    name: str
    made_at: str
    letters: int
    bytes: int
    faults: list[str]


class Reported(NamedTuple):
    """A letter that came back, and the report of it; none where the ledger knows no such letter."""

    letter: Returned
    body: AddressBounced | None


def batches(folder: str) -> list[PrintBatch]:
    """Every batch, the oldest first; raises InputError where there is no folder for them."""
    if not folder:
        raise InputError("HUB_POST_FOLDER", "the folder in which the printer finds its batches")
    return [_batch(path.parent) for path in sorted(Path(folder).glob(f"*/{MANIFEST}")) if not path.parent.name.startswith(".")]


def _batch(folder: Path) -> PrintBatch:
    try:
        said = json.loads((folder / MANIFEST).read_text())
        made_at = datetime.fromisoformat(said["made_at"]).isoformat()
        return PrintBatch(folder.name, made_at, int(said["letters"]), int(said["bytes"]), faults(folder))
    except (OSError, ValueError, KeyError, TypeError):
        return PrintBatch(folder.name, "", 0, 0, [f"{MANIFEST}: expected as it was committed; it cannot be read"])


async def report(settings: Settings, letters: Sequence[Returned]) -> list[Reported]:
    """What the hub would be told of each letter; nothing is said yet."""
    async with store(settings) as connection:
        addresses = await door.letters(connection, {UUID(letter.delivery) for letter in letters})
    known = [(letter, addresses.get(UUID(letter.delivery))) for letter in letters]
    return [Reported(letter, _body(letter, address) if address is not None else None) for letter, address in known]


async def publish(operator: Operator, options: Mapping[str, Any], reports: Sequence[Reported], name: str) -> int:
    """Say them on Kafka, each under a name that follows from it, so that a file that is read twice says the same; returns how many."""
    told = [(each.letter, each.body) for each in reports if each.body is not None]
    if told:
        with operator.does("post.returned", name) as done:
            async with Publisher(options) as publisher:
                for letter, body in told:
                    await publisher.publish(
                        REPORTS.name, ADDRESS_BOUNCED, body, source=_SOURCE, id=str(uuid5(_NAMES, f"{letter.delivery}\0{letter.code}"))
                    )
            done.append(f"{len(told)} letters came back")
    return len(told)


def _body(letter: Returned, address: str) -> AddressBounced:
    return AddressBounced(
        occurred_at=datetime.combine(letter.returned_on, time(), UTC),
        address=address_key("post", address),
        channel="post",
        cause=letter.cause,
        is_permanent=letter.is_permanent,
        hint=hint("post", address),
        delivery=letter.delivery,
        code=letter.code,
    )
