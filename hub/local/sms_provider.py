"""An SMS provider on loopback: speaks Twilio's API as far as texts need it, keeps what it is given, and misbehaves when asked to."""

import asyncio
import hmac
import secrets
from base64 import b64decode, b64encode
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any
from urllib.parse import urlencode

from hub.local.outside_ports import ACCOUNT
from hub.local.posting import post
from hub.local.sms_moods import REFUSALS, WAIT_SECONDS, SmsMood, mood_of
from hub.local.talk import Talk

MOST_KEPT = 5_000


@dataclass
class CaughtSms:
    """One text that was taken; `status` is the last that was reported."""

    sid: str
    at: datetime
    sender: str
    to: str
    text: str
    reports: str = ""
    status: str = "queued"


@dataclass(frozen=True)
class Answer:
    """What is said to a request: None for nothing, because the line breaks."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class SmsProvider:
    """What came, the newest last; `copies` counts for ever how often each number got each text.

    `inbound` is where answers of recipients go; `moods` are those of the next requests, whoever they are for. Silence lasts until
    `patience` is set.
    """

    token: str
    inbound: str = ""
    caught: deque[CaughtSms] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))
    copies: Counter[tuple[str, str]] = field(default_factory=Counter)
    moods: deque[SmsMood] = field(default_factory=deque)
    opted_out: set[str] = field(default_factory=set)
    patience: asyncio.Event = field(default_factory=asyncio.Event)
    reported: list[tuple[str, int]] = field(default_factory=list)
    _talk: Talk = field(default_factory=Talk)

    async def take(self, login: str, form: Mapping[str, str]) -> Answer | None:
        """One request to send a text; None where the line is to break off."""
        to, text = form.get("To", ""), form.get("Body", "")
        mood = self.moods.popleft() if self.moods else mood_of(to)
        if refusal := self._refusal(login, to, text, mood):
            return refusal
        caught = CaughtSms(f"SM{secrets.token_hex(16)}", datetime.now(UTC), form.get("From", ""), to, text, form.get("StatusCallback", ""))
        self.caught.append(caught)
        self.copies[to, text] += 1
        if mood == "report-early":
            await self._report(caught, mood)
        else:
            self._talk.begin(self._report(caught, mood))
        match mood:
            case "silent-after-accept":
                await self.patience.wait()
                return None
            case "drop-after-accept":
                return None
            case "500-after-accept":
                return _refused(*REFUSALS[mood])
            case _:
                return Answer(201, _resource(caught))

    async def answer(self, number: str, word: str) -> int:
        """A recipient answers; STOP and START are told with their type, as the provider's opt-out handling does. The status of HTTP."""
        kind = word.strip().upper() if word.strip().upper() in {"STOP", "START", "HELP"} else ""
        if kind == "STOP":
            self.opted_out.add(number)
        elif kind == "START":
            self.opted_out.discard(number)
        form = {
            "MessageSid": f"SM{secrets.token_hex(16)}",
            "AccountSid": ACCOUNT,
            "From": number,
            "To": self._sender_of(number),
            "Body": word,
        }
        return await self._post(self.inbound, form | ({"OptOutType": kind} if kind else {})) if self.inbound else 0

    async def stop(self) -> None:
        """End every silence, and all that is still to be told."""
        self.patience.set()
        await self._talk.end()

    async def told(self) -> None:
        """Wait until all that is to be told has been."""
        await self._talk.told()

    def _refusal(self, login: str, to: str, text: str, mood: SmsMood | None) -> Answer | None:
        if not self._knows(login):
            return _refused(401, 20003, "Authenticate")
        if not text:
            return _refused(400, 21602, "Message body is required")
        mood = "opted-out" if to in self.opted_out else mood
        if mood is None or mood not in REFUSALS or mood == "500-after-accept":
            return None
        return _refused(*REFUSALS[mood], wait=WAIT_SECONDS if mood == "429-wait" else "")

    def _knows(self, login: str) -> bool:
        try:
            user, _, password = b64decode(login.removeprefix("Basic ")).decode().partition(":")
        except ValueError:
            return False
        return user == ACCOUNT and hmac.compare_digest(password, self.token)

    def _sender_of(self, number: str) -> str:
        return next((sms.sender for sms in reversed(self.caught) if sms.to == number), "")

    async def _report(self, sms: CaughtSms, mood: SmsMood | None) -> None:
        """Tell what becomes of a text, in the order and as often as the mood has it."""
        told = ["sent", "undelivered" if mood == "undelivered" else "delivered"]
        if mood == "report-backwards":
            told.reverse()
        if mood == "report-twice":
            told = [status for status in told for _ in range(2)]
        if sms.reports:
            for status in told:
                await self._post(sms.reports, _status(sms, status, 30003 if status == "undelivered" else None))
            if mood == "report-forged":
                await self._post(sms.reports, _status(sms, "failed", 30005), token="not-the-token")  # noqa: S106 - wrong on purpose
            if mood == "report-unknown":
                stranger = CaughtSms(f"SM{secrets.token_hex(16)}", sms.at, sms.sender, sms.to, sms.text)
                await self._post(sms.reports.replace("delivery=", "delivery=not-"), _status(stranger, "failed", 30005))
        sms.status = told[-1]
        if mood == "stop":
            await self.answer(sms.to, "STOP")

    async def _post(self, url: str, form: Mapping[str, str], token: str = "") -> int:
        body, headers = urlencode(form).encode(), {"X-Twilio-Signature": signature(token or self.token, url, form)}
        status = await post(url, body, {**headers, "Content-Type": "application/x-www-form-urlencoded"})
        self.reported.append((form.get("MessageStatus", form.get("Body", "")), status))
        return status


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """How the provider signs what it tells: the address and every field in the order of their names."""
    said = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return b64encode(hmac.new(token.encode(), said.encode(), sha1).digest()).decode()


def _status(sms: CaughtSms, status: str, code: int | None) -> dict[str, str]:
    form = {"MessageSid": sms.sid, "SmsSid": sms.sid, "AccountSid": ACCOUNT, "From": sms.sender, "To": sms.to}
    form |= {"MessageStatus": status, "SmsStatus": status, "ApiVersion": "2010-04-01"}
    return form | ({"ErrorCode": str(code)} if code else {})


def _resource(sms: CaughtSms) -> dict[str, Any]:
    return {
        "sid": sms.sid,
        "account_sid": ACCOUNT,
        "status": "queued",
        "from": sms.sender,
        "to": sms.to,
        "body": sms.text,
        "direction": "outbound-api",
        "date_created": sms.at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "error_code": None,
        "error_message": None,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sms.sid}.json",
    }


def _refused(status: int, code: int, words: str, wait: str = "") -> Answer:
    return Answer(status, {"status": status, "code": code, "message": words}, {"Retry-After": wait} if wait else {})
