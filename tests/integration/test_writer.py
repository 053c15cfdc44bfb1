"""What a delivery says: the template of the day in the person's language, with the documents that go along."""

from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from hub.channels.claim import Claimed
from hub.channels.lane import Written
from hub.channels.parcel import Mail, Sms
from hub.channels.wording.mail import MailSender
from hub.channels.writer import Senders, Writer
from hub.errors import InputError
from hub.rules.prices import SegmentPrice
from hub.state.document_store import DocumentStore
from tests.support.message_centre import Centre
from tests.support.notices import a_notice

PRICES = b"%PDF-1.7 spring prices"


def a_writer(centre: Centre, **other: Any) -> Writer:
    senders = Senders(MailSender("Hub", "hub@hub.example", "back@hub.example"), "Hub", ())
    return Writer(senders, centre.almanac, SegmentPrice.read("7.5 EUR"), centre.clock, **other)


async def claimed(centre: Centre, **notice: Any) -> list[Claimed]:
    await centre.people("C-1")
    await centre.template()
    await centre.plan(a_notice(**notice))
    return list((await centre.desk.take(centre.db, notice.get("channel", "email"), "any", 10)).claimed)


async def test_a_mail_carries_the_version_that_the_notice_names(database: str, tmp_path: Path) -> None:
    kept = DocumentStore(tmp_path / "kept")
    (tmp_path / "prices.pdf").write_bytes(PRICES)
    kept.keep(tmp_path / "prices.pdf")
    async with Centre(database) as centre:
        await centre.document("price-list", "2026-03", PRICES)
        found = await claimed(centre, documents=("price-list@2026-03",))
        [words] = await a_writer(centre, kept=kept)(centre.db, found, "email")
    assert isinstance(words, Written)
    assert isinstance(words.parcel.content, Mail)
    [attached] = message_from_bytes(words.parcel.content.message, policy=policy.default).iter_attachments()
    assert (attached.get_filename(), attached.get_content_type(), attached.get_content()) == ("price-list.pdf", "application/pdf", PRICES)


async def test_a_version_that_is_over_unknown_or_not_kept_goes_to_nobody_and_says_why(database: str, tmp_path: Path) -> None:
    async with Centre(database) as centre:
        await centre.document("old", "1", b"", valid_until=date(2026, 3, 2).isoformat())
        await centre.document("away", "1", b"")
        writer = a_writer(centre, kept=DocumentStore(tmp_path))
        [one] = await claimed(centre)
        for name, expected in {"old@1": "valid on 2026-03-03", "away@1": "HUB_DOCUMENTS", "away@2": "hub documents list"}.items():
            [words] = await writer(centre.db, [one._replace(due=one.due._replace(documents=[name]))], "email")
            assert isinstance(words, InputError)
            assert (words.path, expected in words.expected) == (f"documents.{name}", True)


async def test_a_version_goes_to_nobody_from_the_day_on_that_it_is_over_and_no_day_before_is_kept_in_memory(
    database: str, tmp_path: Path
) -> None:
    kept = DocumentStore(tmp_path / "kept")
    (tmp_path / "prices.pdf").write_bytes(PRICES)
    kept.keep(tmp_path / "prices.pdf")
    async with Centre(database) as centre:
        await centre.document("price-list", "2026-03", PRICES, valid_until=centre.clock.moment.date().isoformat())
        found, writer = await claimed(centre, documents=("price-list@2026-03",)), a_writer(centre, kept=kept)
        assert [type(words) for words in await writer(centre.db, found, "email")] == [Written]
        centre.clock.moment += timedelta(days=1)
        assert [type(words) for words in await writer(centre.db, found, "email")] == [InputError]
        assert len(writer._compiled) == 1


async def test_a_text_says_its_segments_and_what_they_cost(database: str) -> None:
    async with Centre(database) as centre:
        found = await claimed(centre, channel="sms", fields={"name": "a" * 170})
        [words] = await a_writer(centre)(centre.db, found, "sms")
    assert isinstance(words, Written)
    assert isinstance(words.parcel.content, Sms)
    assert (words.segments, words.cost_minor, words.currency) == (2, 15, "EUR")


async def test_where_there_is_no_such_template_that_is_said(database: str) -> None:
    async with Centre(database) as centre:
        found = await claimed(centre, template="unheard")
        [words] = await a_writer(centre)(centre.db, found, "email")
    assert isinstance(words, InputError)
    assert words.path == "template"
