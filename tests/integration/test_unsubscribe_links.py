"""A mail of marketing carries the link that ends it, and the door's own key opens that link; another mail carries none."""

from datetime import time, timedelta
from email import message_from_bytes
from typing import Literal
from uuid import UUID

from contracts.base import TEMPLATE_RECORDED
from contracts.topics import OEM_BASE
from hub.channels.almanac import Almanac
from hub.channels.claim import Claimed
from hub.channels.parcel import Mail
from hub.channels.writer import Senders, Writer
from hub.consumers.base_data import base_data
from hub.errors import InputError
from hub.rules.links import Links, delivery_of
from hub.rules.notices import Person
from hub.rules.quiet_hours import Hours
from hub.state.claims import Due
from hub.state.people import Addressee
from tests.support.engine import Engine, Log
from tests.support.message_centre import Clock
from tests.support.notices import NOON
from tests.support.wording import SENDER, VALUES, template

DELIVERY, SECRET = UUID("0b9cb9f2-7d0e-5b3c-9a53-6b4f8c3f2a10"), b"newest"


def claimed(nature: Literal["marketing", "transactional"]) -> Claimed:
    until = NOON + timedelta(days=1)
    due = Due(DELIVERY, Person("dealer:ber-001", "customer", "C-1"), "news", "oem", nature, "email", "t", VALUES, [], None, until, 0)
    return Claimed(due, Addressee("Anna", "en", None, "anna@example.test", None, None, None), "anna@example.test")


async def test_a_mail_of_marketing_carries_the_link_that_ends_it_and_another_does_not(database: str) -> None:
    async with Engine(database, base_data) as engine:
        log, body = Log(), template().model_dump(mode="json", exclude_none=True)
        log.say(TEMPLATE_RECORDED, body, id="t1", topic=OEM_BASE.name, source="/oem/base", key="template/t@1900-01-01")
        await engine.lay(log)
        almanac = Almanac("DE", Hours(time(8), time(20)))
        writer = Writer(Senders(SENDER, "hub", ()), almanac, None, Clock(), Links("https://hub.example", SECRET))
        written = await writer(engine.db, [claimed("marketing"), claimed("transactional")], "email")
    links = []
    for one in written:
        assert not isinstance(one, InputError)
        assert isinstance(one.parcel.content, Mail)
        mail = message_from_bytes(one.parcel.content.message)
        links.append((mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]))
    (link, one_click), nothing = links
    assert nothing == (None, None)
    assert one_click == "List-Unsubscribe=One-Click"
    assert link.startswith("<https://hub.example/unsubscribe/")
    assert delivery_of(link.strip("<>").rpartition("/")[2], [b"newer", SECRET]) == DELIVERY
