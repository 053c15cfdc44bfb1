"""Close a producer without waiting long for a broker that is away."""

import asyncio
import contextlib

from aiokafka import AIOKafkaProducer

PATIENCE_SECONDS = 5.0


async def close(producer: AIOKafkaProducer) -> None:
    """Flush and close; a producer that never started has connections too. What is given up is sent again, under the same ids."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await producer.stop()
