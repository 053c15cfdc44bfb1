"""A sales document goes out by every channel: attached, linked to, or enclosed; and it is known who got which version."""

from datetime import date
from email import message_from_bytes, policy
from hashlib import sha256
from pathlib import Path

from contracts.values import Channel
from hub.channels.lane import Lane, WayOut
from hub.channels.parcel import Enclosure, Letter, Mail, Sms
from hub.channels.wording.mail import MailSender
from hub.channels.writer import Senders, Writer
from hub.errors import InputError
from hub.rules.links import Links, document_of
from hub.rules.prices import SegmentPrice
from hub.state import document_desk
from hub.state.deliveries import delivery_id
from hub.state.document_store import DocumentStore
from hub.state.reading import snapshot
from hub.telemetry import Metrics
from tests.support.message_centre import Centre, CountingProvider
from tests.support.notices import a_notice

PRICES, NAME = b"%PDF-1.7 spring prices", "price-list@2026-03"
CHANNELS: tuple[Channel, ...] = ("email", "sms", "post")


def keep(folder: Path, content: bytes) -> DocumentStore:
    (folder / "file").write_bytes(content)
    kept = DocumentStore(folder / "kept")
    kept.keep(folder / "file")
    return kept


def a_writer(centre: Centre, kept: DocumentStore, links: Links | None) -> Writer:
    senders = Senders(MailSender("Hub", "hub@hub.example", "back@hub.example"), "Hub", ("The hub", "1 Way", "12345 Town"))
    return Writer(senders, centre.almanac, SegmentPrice.read("7.5 EUR"), centre.clock, links, kept)


async def test_one_version_goes_to_three_people_by_three_channels_and_all_are_listed(database: str, tmp_path: Path) -> None:
    links = Links("https://hub.example", b"secret")
    async with Centre(database) as centre:
        await centre.people("C-1", "C-2", "C-3")
        await centre.template()
        await centre.document("price-list", "2026-03", PRICES)
        sends = {channel: CountingProvider() for channel in CHANNELS}
        persons = zip(CHANNELS, ("C-1", "C-2", "C-3"), strict=True)
        await centre.plan(*(a_notice(f"k-{channel}", ref, channel=channel, documents=(NAME,)) for channel, ref in persons))
        write = a_writer(centre, keep(tmp_path, PRICES), links)
        for channel in CHANNELS:
            way = WayOut(channel, "any", sends[channel])
            await Lane(way, centre.desk, write, centre.limits, centre.brake, Metrics()).turn(centre.db)
        segments = await centre.db.fetchval("SELECT segments FROM deliveries WHERE channel = 'sms'")
    async with snapshot(database) as look:
        got = await document_desk.recipients(look, "price-list", "2026-03", 10)
    assert {(one.person, one.channel, one.state) for one in got} == {
        ("C-1", "email", "sent"),
        ("C-2", "sms", "sent"),
        ("C-3", "post", "sent"),
    }

    [mail], [text], [letter] = ([parcel.content for parcel in sends[channel].got] for channel in CHANNELS)
    assert isinstance(mail, Mail)
    assert isinstance(text, Sms)
    assert isinstance(letter, Letter)
    [attached] = message_from_bytes(mail.message, policy=policy.default).iter_attachments()
    assert attached.get_content() == PRICES
    said, _, link = text.text.partition("\n")
    assert said == "Hello Customer C-2"
    assert document_of(link.removeprefix("https://hub.example/documents/"), [b"secret"]) == (delivery_id("k-sms"), 0)
    assert (segments, "C-2" in link) == (1, False)
    assert letter.enclosures == (Enclosure(NAME, sha256(PRICES).hexdigest(), PRICES),)


async def test_what_cannot_go_along_keeps_the_message_back_and_says_why(database: str, tmp_path: Path) -> None:
    kept, links = keep(tmp_path, PRICES), Links("https://hub.example", b"s")
    cases: list[tuple[Channel, dict[str, str], Links | None, str]] = [
        ("sms", {}, None, "documents"),
        ("post", {"file": "prices.xlsx"}, None, f"documents.{NAME}"),
        ("sms", {"valid_until": date(2026, 3, 2).isoformat()}, links, f"documents.{NAME}"),
        ("post", {"sha256": sha256(b"other").hexdigest()}, None, f"documents.{NAME}"),
    ]
    async with Centre(database, cap=9) as centre:
        await centre.people("C-1")
        await centre.template()
        for number, (channel, facts, found, path) in enumerate(cases):
            await centre.document("price-list", "2026-03", PRICES, **facts)
            await centre.plan(a_notice(f"k-{number}", channel=channel, documents=(NAME,)))
            hand = await centre.desk.take(centre.db, channel, "any", 10)
            [words] = await a_writer(centre, kept, found)(centre.db, hand.claimed, channel)
            assert isinstance(words, InputError)
            assert words.path == path


async def test_a_file_that_was_changed_where_it_is_kept_goes_to_nobody(database: str, tmp_path: Path) -> None:
    kept = keep(tmp_path, PRICES)
    place = kept.find(sha256(PRICES).hexdigest())
    assert place is not None
    place.write_bytes(b"%PDF-1.7 other prices")
    async with Centre(database) as centre:
        await centre.people("C-1")
        await centre.template()
        await centre.document("price-list", "2026-03", PRICES)
        await centre.plan(a_notice(documents=(NAME,)))
        hand = await centre.desk.take(centre.db, "email", "any", 10)
        [words] = await a_writer(centre, kept, None)(centre.db, hand.claimed, "email")
    assert isinstance(words, InputError)
    assert words.path == f"documents.{NAME}"
