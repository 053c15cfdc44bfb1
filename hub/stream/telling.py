"""Tell others what changed, people what concerns them, and those who waited what has come."""

from collections.abc import Iterable, Mapping

from pydantic_core import to_json

from contracts import topics
from contracts.contract import Event
from contracts.timers import WAIT_ANSWERED, WaitAnswered
from hub.rules.decision import Subject, Tell
from hub.state import waiting
from hub.state.deliveries import Planned
from hub.state.segments import Said
from hub.state.store import Connection
from hub.stream import slips
from hub.stream.consumer import Fold, Telling
from hub.stream.news import News
from hub.stream.subjects import StoreFold
from hub.telemetry import log


def sayings(consumer: str, declared: Fold, news: Iterable[News]) -> list[Said]:
    """What others hear of each changed subject.

    An id follows from the event that it is because of and the version it led to (one event may change a state twice, when another
    one before it is corrected), from where it goes, and from its number among what is said there.
    """
    heard = []
    store = declared.store.name
    tells = [(telling, telling.tell, telling.lineage, f"{telling.topic.name}\0{telling.lineage.name}") for telling in declared.tells]
    for subject, before, after, cause, version in news:
        because = f"{consumer}\0{cause.event}\0{store}\0{subject.principal}\0{subject.ref}\0{version}"
        bodies: dict[Tell, list[tuple[Event, bytes]]] = {}  # what goes to several topics is made once
        for telling, tell, lineage, place in tells:
            made = bodies.get(tell)
            if made is None:
                told = tell(before, after, subject, cause.body, version)
                made = bodies[tell] = [(body, to_json(body, exclude_none=True)) for body in _bodies(told)]
            for number, (body, packed) in enumerate(made):
                topic = telling.topic.name if telling.partner is None else _topic(telling, after, subject, body)
                if topic is not None:
                    ref, said_id = lineage.ref(body), slips.named(f"{because}\0{place}\0{number}")
                    heard.append(Said(topic, ref, lineage.wire, said_id, ref, packed))
    return heard


def notices(declared: Fold, news: Iterable[News]) -> list[Planned]:
    """What people are to be told of each changed subject."""
    if declared.notices is None:
        return []
    return [
        Planned(notice, cause.event)
        for subject, before, after, cause, version in news
        for notice in declared.notices(before, after, subject, cause.body, version)
    ]


def _bodies(said: Event | Iterable[Event] | None) -> Iterable[Event]:
    return () if said is None else (said,) if isinstance(said, Event) else said


def _topic(telling: Telling, state: object, subject: Subject, body: Event) -> str | None:
    """The name of a partner's topic; None where it is nobody's, which is noted where a name was given that no partner can have."""
    partner = telling.partner(state, subject, body) if telling.partner else None
    if partner is None:
        return None
    try:
        return telling.topic.of(partner)
    except ValueError:
        log.warning("telling.no_partner", topic=telling.topic.name, type=telling.lineage.name)
        return None


async def answers(connection: Connection, result: StoreFold, changed: Mapping[Subject, int]) -> list[Said]:
    """Tell everybody who waits for what has come; the id follows from what came and who waits."""
    known_as = result.declared.answers
    if known_as is None:
        return []
    states = {subject: result.folded[subject] for subject in changed if result.folded[subject].state is not None}
    news = {known_as(folded.state, subject): folded for subject, folded in states.items()}
    if not news:
        return []
    said = []
    for asked in await waiting.came(connection, list(news)):
        folded = news[asked.kind, asked.awaited_ref]
        assert folded.position is not None  # noqa: S101 - it has a state
        body = WaitAnswered(
            occurred_at=folded.position.at,
            consumer=asked.consumer,
            principal=asked.principal,
            store=asked.store,
            subject=asked.ref,
            kind=asked.kind,
            ref=asked.awaited_ref,
        )
        said.append(slips.said(topics.TIMERS.name, WAIT_ANSWERED, body, slips.name("answered", folded.because, *asked), asked.ref))
    return said
