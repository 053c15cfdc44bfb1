"""Say what an operator does: an act is a record on hub.acts before anything comes of it."""

import getpass
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import structlog
from confluent_kafka import KafkaError, Message

from contracts import envelope as cloudevents
from contracts.acts import OPERATION_BEGUN, OPERATION_ENDED, PERSONAL_DATA_UNMASKED, OperationBegun, OperationEnded, PersonalDataUnmasked
from contracts.contract import Event, Lineage
from contracts.topics import ACTS
from hub.errors import HubError, InputError
from hub.operations.cluster import REQUEST_SECONDS, Cluster

log = structlog.get_logger("hub.acts")

_MOST_LINES, _LONGEST_LINE = 100, 10_000


class Said(NamedTuple):
    """One act, and the id under which it is said."""

    lineage: Lineage[Any]
    body: Event
    id: str


def system_user() -> str:
    """The login by which the operating system knows the operator."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id need not have a name
        return "unknown"


def reason(why: str) -> str:
    """The reason for an act; raises InputError where none is given."""
    if not why.strip():
        raise InputError("--why", "a reason, for the record of acts")
    return why.strip()


class Operator:
    """Who acts, and why; `who` is the operating system's login unless somebody else knows better.

    What cannot be recorded is not done: each word below raises before anything happens where the broker does not take the act.
    """

    def __init__(self, cluster: Cluster, why: str, who: str = "") -> None:
        self.why, self.who = reason(why), who or system_user()
        self._cluster = cluster

    def asks(self, acts: Iterable[tuple[Lineage[Any], dict[str, Any]]]) -> list[str]:
        """Say acts that consumers carry out, in their order; returns their ids. The fields given lack only who, why and when."""
        head = {"occurred_at": datetime.now(UTC), "who": self.who, "why": self.why}
        said = [Said(lineage, lineage.body(**head, **fields), str(uuid4())) for lineage, fields in acts]
        self._say(said)
        return [act.id for act in said]

    def unmasks(self, what: str, subject: str) -> None:
        """Say that personal data is about to be shown."""
        body = PersonalDataUnmasked(occurred_at=datetime.now(UTC), who=self.who, why=self.why, what=what, subject=subject)
        self._say([Said(PERSONAL_DATA_UNMASKED, body, str(uuid4()))])

    @contextmanager
    def does(self, what: str, subject: str, steps: Sequence[str] = ()) -> Iterator[list[str]]:
        """Say what begins and, whatever comes, how it ended; the block notes in the list what it has done."""
        name, done, failed = str(uuid4()), list[str](), None
        now = datetime.now(UTC)
        begun = OperationBegun(
            occurred_at=now, who=self.who, why=self.why, operation=name, what=what, subject=subject, steps=tuple(_short(steps))
        )
        self._say([Said(OPERATION_BEGUN, begun, name)])
        try:
            yield done
        except BaseException as error:
            failed = str(error) if isinstance(error, HubError) else type(error).__name__
            raise
        finally:
            self._end(what, OperationEnded(occurred_at=datetime.now(UTC), operation=name, done=tuple(_short(done)), failed=failed))

    def _end(self, what: str, ended: OperationEnded) -> None:
        try:
            self._say([Said(OPERATION_ENDED, ended, str(uuid4()))])
        except HubError:
            # it is done, or has failed, and whoever did it must hear of that; the record of its beginning stands
            log.warning("act.end_not_recorded", act=what, operation=ended.operation, done=list(ended.done))

    def _say(self, acts: Sequence[Said]) -> None:
        if ACTS.name not in self._cluster.metadata().topics:
            raise HubError(f"{ACTS.name}: no such topic, and nothing is done that cannot be recorded there (hub topics apply)")
        producer, failures = self._cluster.producer(), list[KafkaError]()

        def settle(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                failures.append(error)

        for act in acts:
            envelope = cloudevents.Envelope(act.id, f"/hub/operators/{self.who}", act.lineage.wire, datetime.now(UTC))
            key, body = act.lineage.ref(act.body).encode(), act.body.model_dump_json(exclude_none=True).encode()
            headers: Any = cloudevents.write(envelope)
            while True:
                try:
                    producer.produce(ACTS.name, body, key, headers=headers, on_delivery=settle)
                except BufferError:  # the producer's own queue is full
                    producer.poll(0.1)
                else:
                    break
            producer.poll(0)
        left = producer.flush(REQUEST_SECONDS + 5)
        if failures:
            raise self._cluster.explain(failures[0], f"recording an act on {ACTS.name}")
        if left:
            raise self._cluster.unavailable(f"{left} acts were not acknowledged")


def _short(lines: Iterable[str]) -> list[str]:
    """As many lines, and as much of each, as a record holds."""
    listed = [line[:_LONGEST_LINE] for line in lines]
    left = len(listed) - _MOST_LINES
    return listed if left <= 0 else [*listed[: _MOST_LINES - 1], f"… and {left + 1} more"]
