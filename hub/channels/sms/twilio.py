"""Send texts through Twilio's API, or whoever speaks it."""

import asyncio
import json
import logging
from base64 import b64encode
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from hub.channels.parcel import Parcel, Receipt, Refused, Sms, TryLater, Unsure
from hub.channels.sms.number import is_number
from hub.channels.sms.outcome import Answer, judge

_LONGEST_ANSWER = 100_000


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """Whose account it is; `reports` is where the provider tells what became of a text, `url` its API where it is not Twilio's own."""

    account: str
    token: str
    reports: str = ""
    url: str = ""


@dataclass
class _Exchange:
    """One request: whether any of it was written, and what came back."""

    is_written: bool = False
    answer: Answer | None = None


_exchange: ContextVar[_Exchange] = ContextVar("exchange")


class TwilioChannel:
    """One request per text, never repeated; what became of it is known by how far it came."""

    def __init__(self, account: SmsAccount, *, at_once: int, seconds: float) -> None:
        self.at_once, self.spare, self.longest = at_once, 0, seconds * 2
        self._reports, self._seconds = account.reports, seconds
        self._http = _Http(at_once, seconds)
        self._client = Client(account.account, account.token, http_client=self._http)
        if account.url:
            self._client.api.base_url = account.url.rstrip("/")

    async def send(self, parcel: Parcel) -> Receipt:
        """Send one text."""
        if not isinstance(parcel.content, Sms):
            return Refused(f"{parcel.content.channel} does not go as a text", is_final=True, cause="other")
        if not is_number(parcel.address):
            return Refused("no number that a text may go to", is_final=True, cause="unknown_address")
        exchange = _Exchange()
        _exchange.set(exchange)
        reports = {"status_callback": f"{self._reports}?delivery={quote(parcel.delivery, safe='')}"} if self._reports else {}
        try:
            async with asyncio.timeout(self.longest):
                await self._client.messages.create_async(
                    to=parcel.address, from_=parcel.content.sender, body=parcel.content.text, **reports
                )
        except TwilioException:
            pass  # says less than the answer itself
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if exchange.answer is None:
                what = type(error).__name__
                return Unsure(f"no answer: {what}") if exchange.is_written else TryLater(f"not reached: {what}")
        return judge(exchange.answer, datetime.now(UTC)) if exchange.answer else TryLater("nothing was said")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()


class _Http(AsyncHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Carries the client's requests: no retries, no redirects, nothing logged, and a note of how far each came."""

    def __init__(self, at_once: int, seconds: float) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._session: aiohttp.ClientSession | None = None
        self._at_once, self._timeout = at_once, aiohttp.ClientTimeout(connect=seconds, sock_read=seconds)

    async def request(self, method: str, url: str, **said: Any) -> Response:  # noqa: ANN401 - as the client calls it
        """One request and its answer."""
        exchange = _exchange.get()
        headers = dict(said.get("headers") or {})
        if said.get("auth"):
            headers["Authorization"] = f"Basic {b64encode(':'.join(said['auth']).encode()).decode()}"
        async with self._open().request(
            method, url, data=said.get("data"), headers=headers, allow_redirects=False, trace_request_ctx=exchange
        ) as response:
            text = await _text(response)
            exchange.answer = _answer(response.status, text, response.headers.get("Retry-After", ""))
            return Response(response.status, text, response.headers)

    async def close(self) -> None:
        """End the session."""
        if self._session:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:  # made where a loop runs
            # a connection that stood for long may be closed already at the other end, and nobody could say whether a request got through
            connector = aiohttp.TCPConnector(limit=self._at_once, keepalive_timeout=5.0)
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout, trace_configs=[_trace()])
        return self._session


async def _text(response: aiohttp.ClientResponse) -> str:
    """As much of an answer as one has; who says more is not listened to."""
    read = bytearray()
    async for part in response.content.iter_any():
        read += part
        if len(read) > _LONGEST_ANSWER:
            response.close()
            break
    return read.decode("utf-8", "replace")


def _answer(status: int, text: str, retry_after: str) -> Answer:
    try:
        said = json.loads(text)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    reference, code = said.get("sid"), said.get("code")
    return Answer(status, reference if isinstance(reference, str) else "", code if isinstance(code, int) else None, retry_after)


def _trace() -> aiohttp.TraceConfig:
    async def written(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.is_written = True

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(written)
    trace.on_request_chunk_sent.append(written)
    return trace
