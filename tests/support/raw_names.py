"""Write records whose header names are any bytes, which no decent client can."""

from collections.abc import Sequence
from unittest.mock import patch

from aiokafka import AIOKafkaProducer
from aiokafka.producer import message_accumulator
from aiokafka.producer import producer as producing
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from hub.local.kafka import Kafka
from tests.support.dealing import Record


class RawName(str):
    """A header name that is sent as latin-1: `ÿ` as the single byte 0xff."""

    __slots__ = ()

    def encode(self, *_: str) -> bytes:
        return super().encode("latin-1")


async def write_raw(kafka: Kafka, records: Sequence[Record], *, compression: str | None = None) -> None:
    """Send records, in one batch, with every header name as latin-1."""
    builder = {"DefaultRecordBatchBuilder": _DefaultRecordBatchBuilderPy}  # the compiled one takes plain text only
    with patch.multiple(message_accumulator, **builder), patch.multiple(producing, **builder):
        producer = AIOKafkaProducer(
            bootstrap_servers=kafka.bootstrap,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_plain_username=kafka.user,
            sasl_plain_password=kafka.password,
            compression_type=compression,
            linger_ms=500,
        )
        async with producer:
            sent = [
                await producer.send(
                    record.topic, record.value, key=record.key, headers=[(RawName(name), value) for name, value in record.headers]
                )
                for record in records
            ]
            for waiting in sent:
                await waiting
