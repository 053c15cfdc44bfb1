"""List base data and lay it down: each change is an event, nothing is ever deleted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from contracts.base.v1 import BaseDatum
from contracts.topics import OEM_BASE
from hub.errors import InputError
from hub.operations import base_plan
from hub.operations.acts import Operator
from hub.operations.base_file import BY_KIND, STARTER, BaseFile, read
from hub.operations.base_plan import Step
from hub.producers.publisher import Publisher
from hub.state import base_editions
from hub.state.base_editions import StoredEdition
from hub.state.reading import snapshot

SOURCE = "/oem/base"
_NAMES = uuid5(NAMESPACE_URL, "urn:hub:base")


class Telling(NamedTuple):
    """One edition as it is published; its id follows from all that it says."""

    body: BaseDatum
    id: str


async def editions(url: str, kind: str | None = None, ref: str | None = None) -> list[StoredEdition]:
    """All editions, or those of one kind or datum; raises InputError for a kind that is none."""
    if kind is not None and kind not in BY_KIND:
        raise InputError("KIND", f"one of {', '.join(BY_KIND)}", kind)
    async with snapshot(url) as look:
        return await base_editions.editions(look, kind, ref)


async def plan(url: str, file: BaseFile) -> list[Step]:
    """What applying a file would do; nothing is published."""
    async with snapshot(url) as look:
        return base_plan.plan(file.editions, await base_editions.editions(look), file.name)


async def apply(
    operator: Operator, options: Mapping[str, Any], file: BaseFile, steps: Sequence[Step], *, now: datetime | None = None
) -> int:
    """Publish what is new or changed; returns how many editions. `options` are aiokafka's."""
    told = tellings(file, steps, now or datetime.now(UTC))
    if not told:
        return 0
    # counts, as the ids of staff may be their names
    editions = [f"{kind}: {count}" for kind, count in Counter(body.KIND for body, _ in told).items()]
    with operator.does("base.applied", file.name, editions) as done:
        async with Publisher(options) as publisher:
            for body, name in told:
                await publisher.publish(OEM_BASE.name, BY_KIND[body.KIND], body, source=SOURCE, id=name)
        done.extend(editions)
    return len(told)


def tellings(file: BaseFile, steps: Sequence[Step], now: datetime) -> list[Telling]:
    """What a plan says on Kafka: at the file's own moment, or now where an edition was told since then.

    So a file that names its moment says the same under the same ids however often it is applied.
    """
    told = []
    for step in steps:
        if step.what == "unchanged":
            continue
        moment = file.laid_down or now
        if step.told_at is not None and step.told_at >= moment:
            moment = now
        body = step.datum.model_copy(update={"occurred_at": moment})
        told.append(Telling(body, str(uuid5(_NAMES, f"{body.edition}\0{body.model_dump_json(exclude_none=True)}"))))
    return told


async def start(operator: Operator, url: str, options: Mapping[str, Any]) -> int:
    """Lay down of the starter what the store has no edition of; what the OEM changed since stays. Returns how many editions."""
    file = read(STARTER)
    known = {(edition.kind, edition.id) for edition in await editions(url)}
    missing = [Step("new", laid.datum) for laid in file.editions if (laid.datum.KIND, laid.datum.id) not in known]
    return await apply(operator, options, file, missing)
