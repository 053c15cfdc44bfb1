"""A person is reached where a provider could take it, and only the ways asked for are looked at."""

import pytest

from contracts.values import Address, Channel
from hub.channels.reach import reach
from hub.state.people import NOBODY, Addressee

BERLIN = Address(street="Hauptstr. 1", postal_code="10115", city="Berlin")
ANNA = Addressee("Anna", "de", "DE", "anna@example.test", "0170 1234567", BERLIN, None)


def test_each_address_is_written_as_its_provider_wants_it() -> None:
    assert reach(ANNA, "DE", ("email", "sms", "post")) == {
        "email": "anna@example.test",
        "sms": "+491701234567",
        "post": "Anna\nHauptstr. 1\n10115 BERLIN",
    }


@pytest.mark.parametrize("channel", ["email", "sms", "post"])
def test_only_what_is_asked_for_is_looked_at(channel: Channel) -> None:
    assert set(reach(ANNA, "DE", (channel,))) == {channel}


def test_who_cannot_be_reached_is_not() -> None:
    assert reach(NOBODY, "DE", ("email", "sms", "post")) == {}
    gone = ANNA._replace(email="anna at example", phone="110;ext=1", address=Address(street="Hauptstr. 1", city="Berlin"))
    assert reach(gone, "DE", ("email", "sms", "post")) == {}
