"""Show one subject: its state, its timeline, and who stands beside it."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from hub.consumers import CONSUMERS
from hub.errors import InputError
from hub.operations import state_view
from hub.operations.timeline import Happening, apart, follow
from hub.rules.decision import Subject, principal_of
from hub.state import timelines
from hub.state.reading import Snapshot, snapshot
from hub.state.stores import STORES

STORE_OF = {"customer": "customers", "contact": "contacts", "opportunity": "opportunities", "lead": "leads", "complaint": "complaints"}
BESIDE = {
    "contacts": ("name", "function", "superior", "is_active"),
    "leads": ("status", "name", "intention", "product", "received_at"),
    "complaints": ("status", "category", "received_at", "due_at"),
    "opportunities": ("status", "stage", "product", "amount_minor", "amount_currency", "stage_since"),
}
"""What is shown of a customer's contacts, leads, complaints and opportunities."""

_MOST_SUPERIORS = 50

Unmask = Callable[[str, str], None]
"""Records an act (what, upon which subject) before personal data is read; where it raises, nothing is shown."""


class Superior(NamedTuple):
    """One step up a reporting line; `note` where the line ends otherwise than with somebody who reports to nobody."""

    contact: str
    name: str | None
    note: str | None = None


class Shown(NamedTuple):
    """All that is known of one subject; `state` is None while nothing that counts was said of it."""

    kind: str
    principal: str
    ref: str
    state: dict[str, Any] | None
    because: UUID | None
    timeline: list[Happening]
    beside: dict[str, list[dict[str, Any]]]
    line: list[Superior]


class Several(NamedTuple):
    """A reference that several dealers use, each for a subject of its own."""

    kind: str
    ref: str
    principals: list[str]


async def show(url: str, kind: str, ref: str, *, dealer: str | None = None, unmask: Unmask | None = None) -> Shown | Several:
    """One subject, or whose references these are where several dealers have it; personal data only where `unmask` lets it be.

    A reference that nobody knows is also read as DEALER/REF.
    Raises InputError where nobody said anything of that reference.
    """
    if kind not in STORE_OF:
        raise InputError("KIND", f"one of {', '.join(STORE_OF)}", kind)
    async with snapshot(url) as look:
        subject = await find(look, kind, ref, dealer)
        if isinstance(subject, Several):
            return subject
        if unmask is not None:
            await asyncio.to_thread(unmask, f"{kind}.unmasked", f"{subject.principal}/{subject.ref}")
        return await _shown(look, kind, subject, is_masked=unmask is None)


async def find(look: Snapshot, kind: str, ref: str, dealer: str | None) -> Subject | Several:
    """Whose subject of that kind it is; a reference that nobody knows is also read as DEALER/REF. Raises as `show` does."""
    store = STORE_OF[kind]
    known = await timelines.holders(look, store, ref, kind)
    if not known and not dealer and "/" in ref:  # as the keys of hub.crm have it: ber-01/C-1042
        dealer, ref = ref.split("/", 1)
        known = await timelines.holders(look, store, ref, kind)
    one = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    asked = principal_of(dealer) if dealer else None
    if asked and asked not in known:
        raise InputError("ID", f"{one} that {asked} told of" + (f"; it is known to {', '.join(known)}" if known else ""), ref)
    if not known:
        raise InputError("ID", f"{one} that somebody told of", ref)
    own = [principal for principal, is_own in known.items() if is_own] or list(known)
    if not asked and len(own) > 1:
        return Several(kind, ref, own)
    return Subject(asked or own[0], ref)


async def _shown(look: Snapshot, kind: str, subject: Subject, *, is_masked: bool) -> Shown:
    store = STORE_OF[kind]
    keeper = next(consumer for consumer in CONSUMERS.values() if store in consumer.stores)
    standing, story = await follow(look, keeper, store, subject, is_masked=is_masked)
    beside: dict[str, list[dict[str, Any]]] = {}
    if kind == "customer":
        for other, fields in BESIDE.items():
            rows = await timelines.beside(look, other, subject, fields)
            beside[other] = [state_view.row(found, is_masked=is_masked) for found in rows]
    return Shown(
        kind,
        subject.principal,
        subject.ref,
        state_view.fields(standing.state, is_masked=is_masked) if standing else None,
        standing.because if standing else None,
        [*story, *apart(await timelines.broken(look, subject, kind))],
        beside,
        await _line(look, subject, is_masked=is_masked) if kind == "contact" else [],
    )


async def _line(look: Snapshot, subject: Subject, *, is_masked: bool) -> list[Superior]:
    """Whom the contact reports to, and so on upwards; a circle is told, not followed."""
    line: list[Superior] = []
    seen, here = {subject.ref}, await timelines.standing(look, STORES["contacts"], subject)
    while len(line) < _MOST_SUPERIORS:
        superior: str | None = here.state.superior if here else None
        if superior is None:
            return line
        shown = state_view.masked("superior", superior) if is_masked else superior
        if superior in seen:
            return [*line, Superior(shown, None, "a circle: the line comes back upon itself")]
        above = await timelines.standing(look, STORES["contacts"], Subject(subject.principal, superior))
        if above is None:
            return [*line, Superior(shown, None, "not known yet")]
        name = state_view.masked("name", above.state.name) if is_masked else above.state.name
        line.append(Superior(shown, name, None if above.state.is_active else "has left"))
        seen.add(superior)
        here = above
    return [*line, Superior("…", None, "more above")]
