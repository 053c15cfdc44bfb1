"""The world outside of the door: providers, people with links, dealers over HTTP, against a real process."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import UUID, uuid4

from confluent_kafka import Consumer as KafkaReader
from confluent_kafka import Message, TopicPartition

from contracts.topics import REPORTS
from hub.door.signatures import sign
from hub.local.ports import free_port
from hub.rules.links import Links
from hub.state import deliveries, door, rows
from hub.state.connect import connect
from hub.state.deliveries import Planned, delivery_id
from hub.state.store import Connection
from tests.support.notices import a_notice
from tests.support.processes import HubProcess
from tests.support.scene import Scene, header

DEALER = "ber-001"
LINKS, PROVIDER, CATCHER = "a-secret-of-links", "a-token-of-the-provider", "a-secret-of-the-catcher"
NUMBER, MAIL = "+493023125001", "ada@mail.example"


class Answered(NamedTuple):
    """What the door said."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def paths(self) -> list[str]:
        """Where the faults are."""
        return [fault["path"] for fault in self.json["faults"]]


class Outside:
    """One open door, and a dealer with a token for it."""

    def __init__(self, scene: Scene, process: HubProcess, url: str) -> None:
        self.scene, self.process, self.url = scene, process, url
        self.token = "of-the-tests"
        self._reader = KafkaReader(
            scene.kafka.client_config() | {"group.id": "nobody", "enable.auto.commit": "false", "fetch.wait.max.ms": 10}
        )
        self._reader.assign([TopicPartition(REPORTS.name, number, 0) for number in range(REPORTS.partitions)])
        self._read: dict[int, int] = {}

    def asks(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answered:
        """One request; `content_type="…"` is a header."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(self.url + path, body, told, method=method)  # noqa: S310 - the door's own address
        try:
            with urlopen(request, timeout=20) as answer:  # noqa: S310 - the door's own address
                return Answered(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read().decode())
        except HTTPError as refusal:
            with refusal:
                return Answered(refusal.code, {name.lower(): value for name, value in refusal.headers.items()}, refusal.read().decode())

    def reports(self, path: str, form: Mapping[str, str], **headers: str) -> Answered:
        """The provider calls back, and signs it unless told otherwise."""
        signed = {"x_twilio_signature": sign(PROVIDER, self.url + path, list(form.items())), **headers}
        return self.asks("POST", path, urlencode(form).encode(), content_type="application/x-www-form-urlencoded", **signed)

    def says(self, body: object, **headers: str) -> Answered:
        """The dealer sends something."""
        told = {"authorization": f"Bearer {self.token}", "content_type": "application/cloudevents+json", **headers}
        return self.asks("POST", "/events", json.dumps(body).encode(), **told)

    def link(self, delivery: UUID) -> str:
        """The path of an unsubscribe link."""
        return Links("", LINKS.encode()).unsubscribe(delivery)

    def mail_name(self, delivery: UUID) -> str:
        """How its mail is named."""
        return Links("", LINKS.encode()).mail(delivery)

    def news(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What came on hub.reports since this was last asked: id, type, body."""
        return [(header(one, "ce_id"), header(one, "ce_type"), json.loads(one.value() or b"")) for one in self.records()]

    def records(self) -> list[Message]:
        """The same, as records; within a partition in their order."""
        ends = {each.partition: self._reader.get_watermark_offsets(each, timeout=10)[1] for each in self._reader.assignment()}
        found: list[Message] = []
        while any(self._read.get(partition, 0) < end for partition, end in ends.items()):
            message = self._reader.poll(10)
            assert message is not None
            assert message.error() is None
            self._read[message.partition() or 0] = (message.offset() or 0) + 1
            found.append(message)
        return found

    def plans(self, address: str = MAIL, channel: str = "email") -> UUID:
        """A delivery that went to an address."""
        notice = a_notice(str(uuid4()), purpose="news", channel=channel)

        async def plan(connection: Connection) -> None:
            await rows.make(connection, [deliveries.ROWS])
            await deliveries.insert(connection, "campaigns", [Planned(notice, uuid4())])
            await connection.execute("UPDATE deliveries SET address = $2 WHERE id = $1", delivery_id(notice.dedupe_key), address)

        self._does(plan)
        return delivery_id(notice.dedupe_key)

    def close(self) -> None:
        """Let go of the broker."""
        self._reader.close()

    def lets_in(self, token: str, *, is_suspended: bool = False) -> None:
        """Give the dealer a token."""

        async def issue(connection: Connection) -> None:
            await door.issue(connection, f"dealer:{DEALER}", token, "tests")
            if is_suspended:
                await door.suspend(connection, f"dealer:{DEALER}", is_suspended=True)

        self._does(issue)

    def _does(self, work: Any) -> None:
        async def run() -> None:
            connection = await connect(self.scene.database.url, name="tests")
            try:
                await work(connection)
            finally:
                await connection.close()

        asyncio.run(run())


def open_door(scene: Scene, **settings: object) -> Outside:
    """Start the process; whoever asks for it waits until it is ready."""
    port = free_port()
    told: dict[str, object] = {"door_port": port, "door_secret": LINKS, "sms_token": PROVIDER, "door_bounce_secret": CATCHER, **settings}
    return Outside(scene, scene.start("door", **told), f"http://127.0.0.1:{port}")


@contextmanager
def outside(scene: Scene) -> Iterator[Outside]:
    """A door that is ready, with one dealer behind it."""
    scene.make_topics(REPORTS.name)
    scene.add_dealer(DEALER)
    found = open_door(scene)
    found.process.until_ready()
    found.lets_in(found.token)
    yield found
    found.close()
