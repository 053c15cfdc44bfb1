"""Send the broker the requests that neither of our admin clients knows: quotas, sizes on disk.

Layouts: Kafka protocol guide, DescribeClientQuotas (48) v0, AlterClientQuotas (49) v0, DescribeLogDirs (35) v1.
They block: from an event loop, run them in a thread.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import DescribeClientQuotasRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Int64, Schema, String

from hub.errors import HubError, Unavailable
from hub.settings import Settings

_TEXT = String("utf-8")
_ENTITY = ("entity", Array(("entity_type", _TEXT), ("entity_name", _TEXT)))
_ANY_NAMED = 2  # DescribeClientQuotas: every entity of the type that has a name of its own


class _QuotasAltered(Response):  # type: ignore[misc]  # aiokafka ships no types
    API_KEY, API_VERSION = 49, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("entries", Array(("error_code", Int16), ("error_message", _TEXT), _ENTITY)),
    )


class _AlterQuotas(RequestStruct):  # type: ignore[misc]  # aiokafka ships no types
    API_KEY, API_VERSION, RESPONSE_TYPE = 49, 0, _QuotasAltered
    SCHEMA = Schema(
        ("entries", Array(_ENTITY, ("ops", Array(("key", _TEXT), ("value", Float64), ("remove", Boolean))))),
        ("validate_only", Boolean),
    )


class AlterQuotas(Request[_AlterQuotas]):  # type: ignore[misc]  # aiokafka ships no types
    """Set some quotas of one user."""

    API_KEY = 49

    def __init__(self, user: str, quota: Mapping[str, float]) -> None:
        self._user, self._quota = user, quota

    def build(self, request_struct_class: type[_AlterQuotas]) -> _AlterQuotas:
        """Lay it out for the version that the broker speaks."""
        return request_struct_class([([("user", self._user)], [(key, value, False) for key, value in self._quota.items()])], False)


class _LogDirs(Response):  # type: ignore[misc]  # aiokafka ships no types
    API_KEY, API_VERSION = 35, 1
    _partitions = Array(("partition", Int32), ("size", Int64), ("offset_lag", Int64), ("is_future", Boolean))
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("results", Array(("error_code", Int16), ("log_dir", _TEXT), ("topics", Array(("name", _TEXT), ("partitions", _partitions))))),
    )


class _DescribeLogDirs(RequestStruct):  # type: ignore[misc]  # aiokafka ships no types
    API_KEY, API_VERSION, RESPONSE_TYPE = 35, 1, _LogDirs
    SCHEMA = Schema(("topics", Array(("topic", _TEXT), ("partitions", Array(Int32)))))


class DescribeLogDirs(Request[_DescribeLogDirs]):  # type: ignore[misc]  # aiokafka ships no types
    """Ask a broker for the sizes of all its partitions."""

    API_KEY = 35

    def build(self, request_struct_class: type[_DescribeLogDirs]) -> _DescribeLogDirs:
        """Lay it out for the version that the broker speaks."""
        return request_struct_class(None)


def quotas(settings: Settings) -> dict[str, dict[str, float]]:
    """The quotas of every user that has some, by user: bytes a second, and percent of one request thread's time."""
    every_user: Any = [("user", _ANY_NAMED, None)]
    [answer] = asyncio.run(_exchange(settings, DescribeClientQuotasRequest(every_user, True)))
    _check(answer.error_code, answer.error_message, "reading the quotas")
    return {dict(entity)["user"]: dict(values) for entity, values in answer.entries}


def set_quota(settings: Settings, user: str, quota: Mapping[str, float]) -> None:
    """Give a user its quota; keys that are not named stay as they are."""
    [answer] = asyncio.run(_exchange(settings, AlterQuotas(user, quota)))
    for code, message, _ in answer.entries:
        _check(code, message, f"setting the quota of {user}")


def sizes(settings: Settings) -> dict[str, int]:
    """Bytes on disk by topic, over all partitions and replicas."""
    found: dict[str, int] = defaultdict(int)
    for answer in asyncio.run(_exchange(settings, DescribeLogDirs(), every_broker=True)):
        for code, _, topics in answer.results:
            _check(code, None, "reading sizes")
            for topic, partitions in topics:
                found[topic] += sum(size for _, size, _, _ in partitions)
    return dict(found)


def _check(code: int, message: str | None, doing: str) -> None:
    if code:
        raise HubError(f"{doing}: {message or for_code(code).__name__}")


async def _exchange(settings: Settings, request: Request[Any], *, every_broker: bool = False) -> list[Any]:
    has_sasl = settings.kafka_security != "PLAINTEXT"
    client = AIOKafkaClient(
        bootstrap_servers=settings.kafka_bootstrap,
        client_id="hub-operations",
        request_timeout_ms=10_000,
        security_protocol=settings.kafka_security,
        sasl_mechanism="SCRAM-SHA-512" if has_sasl else "PLAIN",
        sasl_plain_username=settings.kafka_user if has_sasl else None,
        sasl_plain_password=settings.kafka_password.get_secret_value() if has_sasl else None,
        ssl_context=ssl.create_default_context(cafile=settings.kafka_ca_file or None) if settings.kafka_security == "SASL_SSL" else None,
    )
    try:
        await client.bootstrap()
        nodes = [broker.nodeId for broker in client.cluster.brokers()] if every_broker else [client.get_random_node()]
        return [await client.send(node, request) for node in nodes]
    except KafkaError as error:
        raise Unavailable(f"Kafka at {settings.kafka_bootstrap} does not answer: {error}") from None
    finally:
        await client.close()
