"""What a campaign would come to, judged as the planner will judge it; nothing is written."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from contracts.base import Template
from contracts.values import Channel
from hub.channels.reach import reach
from hub.channels.sms.segments import segments
from hub.channels.wording.mail import Recipient
from hub.channels.wording.text import CompiledSms
from hub.errors import InputError
from hub.operations.audiences import looking
from hub.rules.birthdays import day_of
from hub.rules.campaigns import Campaign, audience_of
from hub.rules.expansion import PLANNED
from hub.rules.links import Links
from hub.rules.windows import Limit
from hub.state import recipients
from hub.state.campaigns import Judged, Page
from hub.state.people import Addressee
from hub.state.store import Connection
from hub.state.survey import Address, survey

_CHUNK, _DAYS = 1_000, 7
_NONE = UUID(int=0)


class Texts(NamedTuple):
    """The SMS of a campaign: how many, the segments they take on the air, by alphabet, and what some of them lack."""

    messages: int
    segments: int
    alphabets: Counter[str]
    faults: Counter[str]


class Sending(NamedTuple):
    """How couriers will send: numbers without a country's code are those of `country`; the frequency cap; where links to documents lead."""

    country: str
    cap: Limit
    links: Links


class Preview(NamedTuple):
    """People looked at, those who are told something, and what became of all of them by channel and outcome.

    Of a campaign that repeats they are all whose birthday is known, and `birthdays` has whose it is on each of the next days.
    """

    looked_at: int
    people: int
    outcomes: Counter[tuple[str, str]]
    texts: Texts
    birthdays: Sequence[tuple[date, int]] = ()


async def preview(
    url: str,
    name: str,
    campaign: Campaign,
    template: Template | None,
    sending: Sending,
    on_progress: Callable[[int], None] = lambda _: None,
    now: datetime | None = None,
) -> Preview:
    """Judge the whole audience in one moment; `template` words the SMS, so that they can be counted.

    What would be more than the cap for somebody is counted as kept back, by what they have got up to this moment.
    """
    now, taken = now or datetime.now(UTC), set[Address]()
    outcomes, writer = (
        Counter[tuple[str, str]](),
        _Writer(template, now, [sending.links.document(_NONE, place) for place, _ in enumerate(campaign.documents)]),
    )
    looked_at = people = 0
    after: Page | None = None

    def reached(who: Addressee, channels: Collection[Channel]) -> Mapping[Channel, str]:
        return reach(who, sending.country, channels)

    async with looking(url) as connection:
        known, days = ((recipients.has_birthday,), _DAYS) if campaign.repeat else ((), 0)
        coming = [await _celebrating(connection, name, campaign, now, ahead) for ahead in range(days)]
        while persons := await recipients.page(connection, *audience_of(campaign), now, after, _CHUNK, *known):
            judged = await survey(connection, name, campaign, persons, now, reach=reached, taken=taken, cap=sending.cap)
            outcomes.update((verdict.channel, verdict.outcome) for one in judged for verdict in one.verdicts)
            people += sum(any(verdict.outcome == PLANNED for verdict in one.verdicts) for one in judged)
            writer.write(judged)
            looked_at += len(persons)
            after = Page(persons[-1].principal, persons[-1].ref)
            on_progress(looked_at)
    return Preview(looked_at, people, outcomes, writer.texts(), coming)


async def _celebrating(connection: Connection, name: str, campaign: Campaign, now: datetime, ahead: int) -> tuple[date, int]:
    """How many of the audience have their birthday on the day so many days ahead."""
    day = day_of(now, campaign.zone) + timedelta(days=ahead)
    whose = recipients.celebrates(name, day, campaign.leap_day)
    return day, sum((await recipients.count(connection, *audience_of(campaign), now, whose)).values())


class _Writer:
    """Words the SMS of those who get one, each in the language that they would be written to in."""

    def __init__(self, template: Template | None, at: datetime, documents: Sequence[str]) -> None:
        self._template, self._at, self._documents = template, at, documents
        self._compiled: dict[str | None, CompiledSms] = {}
        self._count = self._segments = 0
        self._alphabets, self._faults = Counter[str](), Counter[str]()

    def write(self, judged: Sequence[Judged]) -> None:
        for one in judged:
            if self._template is not None and any(verdict.channel == "sms" and verdict.outcome == PLANNED for verdict in one.verdicts):
                self._word(self._template, one)

    def texts(self) -> Texts:
        return Texts(self._count, self._segments, self._alphabets, self._faults)

    def _word(self, template: Template, one: Judged) -> None:
        language = one.who.language
        to = Recipient(str(_NONE), "", {"name": one.who.name}, self._at, documents=self._documents)
        try:
            if language not in self._compiled:
                self._compiled[language] = CompiledSms(template, template.wording(language), "")
            text = self._compiled[language].fill(to).text
        except InputError as error:
            self._faults[str(error)] += 1
            return
        counted = segments(text)
        self._count += 1
        self._segments += counted.parts
        self._alphabets[counted.encoding] += 1
