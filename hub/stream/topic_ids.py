"""What Kafka calls a topic by, whatever its name: deleted and made anew, it has another id."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from aiokafka.errors import KafkaConnectionError
from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

_PATIENCE_SECONDS = 10.0


class TopicIds:
    """Asks by librdkafka, since aiokafka's clients are not told; the client is made when it is first needed."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = dict(config)
        self._admin: AdminClient | None = None

    async def __call__(self, names: Collection[str]) -> dict[str, str]:
        """The id of each of these topics that there is; raises aiokafka's KafkaConnectionError where nobody answers."""
        if self._admin is None:  # a client with nothing under way counts as false, and one let go of answers nobody any more
            self._admin = AdminClient(self._config | {"log_level": 0})  # it would tell of a lost broker every second
        asked = self._admin.describe_topics(TopicCollection(sorted(names)), request_timeout=_PATIENCE_SECONDS)
        # shielded: librdkafka would trip over a future that was cancelled
        coming = [asyncio.shield(asyncio.wrap_future(one)) for one in asked.values()]
        try:
            async with asyncio.timeout(2 * _PATIENCE_SECONDS):
                answers = await asyncio.gather(*coming, return_exceptions=True)
        except TimeoutError:
            raise KafkaConnectionError(f"{', '.join(sorted(names))}: no answer") from None
        found = {}
        for name, answer in zip(asked, answers, strict=True):
            if isinstance(answer, KafkaException) and answer.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                continue
            if isinstance(answer, BaseException):
                raise KafkaConnectionError(f"{name}: {answer}")
            found[name] = str(answer.topic_id)
        return found
