"""What Kafka calls a topic by, whatever its name: deleted and made anew, it has another id."""

from base64 import b64encode
from collections.abc import Collection, Mapping
from io import BytesIO

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError, UnknownTopicOrPartitionError, UnsupportedVersionError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import AbstractType, Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

from hub.state.offsets import TopicPartition

_NO_ID = bytes(16)


class _Id(AbstractType):  # type: ignore[misc] # aiokafka has no types
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


_TEXT, _TAGS = CompactString("utf-8"), ("tags", TaggedFields)
_BROKERS = CompactArray(("node_id", Int32), ("host", _TEXT), ("port", Int32), ("rack", _TEXT), _TAGS)
_NODES = CompactArray(Int32)
_PARTITIONS = CompactArray(
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    *((name, _NODES) for name in ("replicas", "isr", "offline")),
    _TAGS,
)
_TOPICS = CompactArray(
    ("error_code", Int16),
    ("name", _TEXT),
    ("topic_id", _Id),
    ("is_internal", Boolean),
    ("partitions", _PARTITIONS),
    ("allowed", Int32),
    _TAGS,
)


class _Answer(Response):  # type: ignore[misc] # aiokafka has no types
    API_KEY, API_VERSION = 3, 12
    SCHEMA = Schema(
        *(("throttle_ms", Int32), ("brokers", _BROKERS), ("cluster_id", _TEXT), ("controller_id", Int32), ("topics", _TOPICS), _TAGS)
    )


class _Question(RequestStruct):  # type: ignore[misc] # aiokafka has no types
    API_KEY, API_VERSION, FLEXIBLE_VERSION, RESPONSE_TYPE = 3, 12, True, _Answer
    SCHEMA = Schema(("topics", CompactArray(("topic_id", _Id), ("name", _TEXT), _TAGS)), ("makes", Boolean), ("allowed", Boolean), _TAGS)


class _Asked(Request[_Question]):  # type: ignore[misc] # aiokafka has no types
    """Metadata of Kafka 3.1 and later; aiokafka's own asks an older way, in which no ids are told."""

    API_KEY = 3

    def __init__(self, names: Collection[str]) -> None:
        self._names = sorted(names)

    def build(self, request_struct_class: type[_Question]) -> _Question:
        return request_struct_class([(_NO_ID, name, {}) for name in self._names], False, False, {})


async def topic_ids(kafka: AIOKafkaConsumer, names: Collection[str]) -> dict[str, str]:
    """The id of each of these topics that there is, over the consumer's own connections.

    Raises one of aiokafka's errors where nobody answers, where the broker is older than Kafka 3.1, or where a topic may not be asked for.
    """
    if not names:
        return {}
    client = kafka._client
    node = client.get_random_node()
    if node is None:
        raise KafkaConnectionError("no broker is known")
    try:
        answer = await client.send(node, _Asked(names))
    except NotImplementedError as error:
        raise UnsupportedVersionError("the broker tells no topic ids: Kafka 3.1 or later does") from error
    found = {}
    for code, name, topic_id, *_ in answer.topics:
        if code == 0:
            found[name] = b64encode(topic_id).decode().rstrip("=")
        elif code != UnknownTopicOrPartitionError.errno:
            raise for_code(code)(name)
    return found


async def made_anew(kafka: AIOKafkaConsumer, known: Mapping[TopicPartition, str]) -> set[TopicPartition]:
    """Those of these partitions whose topic no longer has the id that is known of it; one that is deleted has no other yet.

    What is known is compared as it is once the broker has answered. Raises what `topic_ids` does.
    """
    ids = await topic_ids(kafka, {topic for topic, _ in known})
    return {partition for partition, topic_id in known.items() if ids.get(partition[0], topic_id) != topic_id}
