"""Say something over HTTP, as the world outside does: it notes the answer and makes nothing of it."""

from collections.abc import Mapping

import aiohttp

_SECONDS = 10.0


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer; 0 where none came."""
    try:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.post(url, data=body, headers=headers) as response:
            return response.status
    except (aiohttp.ClientError, OSError, ValueError):
        return 0
