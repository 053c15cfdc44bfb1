"""What a campaign would come to, judged as the planner will judge it; nothing is written."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
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
from hub.rules.campaigns import Campaign, audience_of
from hub.rules.expansion import PLANNED
from hub.state import recipients
from hub.state.campaigns import Judged
from hub.state.people import Addressee
from hub.state.recipients import Page
from hub.state.survey import Address, survey

_CHUNK = 1_000
_NONE = str(UUID(int=0))


class Texts(NamedTuple):
    """The SMS of a campaign: how many, the segments they take on the air, by alphabet, and what some of them lack."""

    messages: int
    segments: int
    alphabets: Counter[str]
    faults: Counter[str]


class Preview(NamedTuple):
    """People looked at, those who are told something, and what became of all of them by channel and outcome."""

    looked_at: int
    people: int
    outcomes: Counter[tuple[str, str]]
    texts: Texts


async def preview(
    url: str, name: str, campaign: Campaign, template: Template | None, country: str, on_progress: Callable[[int], None] = lambda _: None
) -> Preview:
    """Judge the whole audience in one moment; `template` words the SMS, so that they can be counted.

    Numbers without a country's code are those of `country`, where the person's own is not known.
    """
    now, taken = datetime.now(UTC), set[Address]()
    outcomes, writer = Counter[tuple[str, str]](), _Writer(template, now)
    looked_at = people = 0
    after: Page | None = None

    def reached(who: Addressee, channels: Collection[Channel]) -> Mapping[Channel, str]:
        return reach(who, country, channels)

    async with looking(url) as connection:
        while persons := await recipients.page(connection, *audience_of(campaign), now, after, _CHUNK):
            judged = await survey(connection, name, campaign, persons, now, reach=reached, taken=taken)
            outcomes.update((verdict.channel, verdict.outcome) for one in judged for verdict in one.verdicts)
            people += sum(any(verdict.outcome == PLANNED for verdict in one.verdicts) for one in judged)
            writer.write(judged)
            looked_at += len(persons)
            after = Page(persons[-1].principal, persons[-1].ref)
            on_progress(looked_at)
    return Preview(looked_at, people, outcomes, writer.texts())


class _Writer:
    """Words the SMS of those who get one, each in the language that they would be written to in."""

    def __init__(self, template: Template | None, at: datetime) -> None:
        self._template, self._at = template, at
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
        try:
            if language not in self._compiled:
                self._compiled[language] = CompiledSms(template, template.wording(language), "")
            text = self._compiled[language].fill(Recipient(_NONE, "", {"name": one.who.name}, self._at)).text
        except InputError as error:
            self._faults[str(error)] += 1
            return
        counted = segments(text)
        self._count += 1
        self._segments += counted.parts
        self._alphabets[counted.encoding] += 1
