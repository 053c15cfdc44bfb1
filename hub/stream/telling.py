"""Tell others what changed, and those who waited what has come."""

from collections.abc import Iterable, Mapping

from pydantic_core import to_json

from contracts import topics
from contracts.contract import Event
from contracts.timers import WAIT_ANSWERED, WaitAnswered
from hub.rules.decision import Change, Subject
from hub.rules.folding import Folded, Told
from hub.state import waiting
from hub.state.segments import Said
from hub.state.store import Connection
from hub.stream import slips
from hub.stream.consumer import Telling
from hub.stream.subjects import Row, StoreFold
from hub.stream.touching import Touch
from hub.telemetry import log


def sayings(consumer: str, result: StoreFold, changed: Mapping[Subject, int], touched: Mapping[Subject, Touch]) -> list[Said]:
    """What others hear of each changed subject: once per batch, because of the last event that is not of the past.

    An id follows from that event and the version it led to (one event may change a state twice, when another one before
    it is corrected), from where it goes, and from its number among what is said there.
    """
    tells = result.declared.tells
    if not tells:
        return []
    heard = []
    for subject, version in changed.items():
        folded, old = result.folded[subject], result.kept.get(subject)
        cause = _cause(result, folded, touched[subject])
        if cause is None or folded.state is None:
            continue
        before = old.state if old else None
        for telling in tells:
            lineage = telling.lineage
            for number, body in enumerate(_bodies(telling.tell(before, folded.state, subject, cause.body, version))):
                topic = _topic(telling, folded.state, subject, body)
                if topic is not None:
                    ref = lineage.ref(body)
                    said_id = slips.name(consumer, cause.event, result.store, *subject, version, telling.topic.name, lineage.name, number)
                    heard.append(Said(topic, ref, lineage.wire, said_id, ref, to_json(body, exclude_none=True)))
    return heard


def _bodies(said: Event | Iterable[Event] | None) -> Iterable[Event]:
    return () if said is None else (said,) if isinstance(said, Event) else said


def _topic(telling: Telling, state: object, subject: Subject, body: Event) -> str | None:
    """The topic's name; None where it is nobody's, which is noted where a name was given that no partner can have."""
    if telling.partner is None:
        return telling.topic.name
    partner = telling.partner(state, subject, body)
    if partner is None:
        return None
    try:
        return telling.topic.of(partner)
    except ValueError:
        log.warning("telling.no_partner", topic=telling.topic.name, type=telling.lineage.name)
        return None


def _cause(result: StoreFold, folded: Folded[object], touch: Touch) -> Told | None:
    """Because of what a subject changed; None where it was for the past alone.

    The last event that newly counts, else one of another subject that corrected an event of this one,
    else, where base data changed its mind, the event that made the state.
    """
    counted = [told for told, verdict in folded.verdicts if isinstance(verdict, Change)]
    if not result.pasts and not touch.causes:
        causes = counted  # nothing was folded again, so all of it is new
    else:
        fresh: set[Row] = {told.row for told in touch.new} | result.waited.keys() | touch.released
        causes = [*touch.causes, *(told for told in counted if told.row in fresh)]
        causes = causes or [told for told in counted if told.event == folded.because]
    return next((told for told in reversed(causes) if not told.is_historical), None)


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
