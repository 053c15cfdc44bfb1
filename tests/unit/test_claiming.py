"""What may go, what waits and what never goes, by what is known at the moment of the claim."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.rules.backoff import pause
from hub.rules.bounce_wave import Brake, Tally, is_wave
from hub.rules.claiming import Go, Known, Later, Out, choose, judge

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
NIGHT = datetime(2026, 3, 3, 23, tzinfo=UTC)
SOON = NOON + timedelta(days=7)
MORNING = datetime(2026, 3, 4, 7, tzinfo=UTC)


def known(**other: Any) -> Known:
    return Known(**{"addresses": {"email": "e@example.com", "sms": "+491"}, "refusals": {}, "awake_at": NOON, **other})


def test_what_nothing_speaks_against_goes_to_the_address_of_its_channel() -> None:
    assert judge("sms", known(), SOON, NOON) == Go("+491")


@pytest.mark.parametrize(
    ("facts", "at", "verdict"),
    [
        ({}, SOON, Out("expired", "expired before it could go")),
        ({"stop": "campaign stopped"}, NOON, Out("cancelled", "campaign stopped")),
        ({"gone": "left"}, NOON, Out("excluded", "left")),
        ({"addresses": {}}, NOON, Out("excluded", "no_address")),
        ({"refusals": {"email": "withdrawn"}}, NOON, Out("excluded", "withdrawn")),
        ({"hold": "campaign paused"}, NOON, Later(NOON + timedelta(minutes=5), "campaign paused")),
        ({"awake_at": MORNING}, NIGHT, Later(MORNING, "quiet hours")),
        ({"awake_at": MORNING, "is_marketing": False}, NIGHT, Go("e@example.com")),
        ({"refusals": {"email": "legal"}, "is_marketing": False}, NIGHT, Out("excluded", "legal")),
    ],
)
def test_what_speaks_against_it_decides(facts: dict[str, Any], at: datetime, verdict: object) -> None:
    assert judge("email", known(**facts), SOON, at) == verdict


def test_what_expires_in_quiet_hours_never_goes() -> None:
    assert judge("email", known(awake_at=MORNING), NIGHT + timedelta(hours=2), NIGHT) == Out("expired", "quiet hours until it expires")


def test_a_letter_may_be_printed_at_night() -> None:
    assert judge("post", known(addresses={"post": "here"}, awake_at=MORNING), SOON, NIGHT) == Go("here")


def test_where_no_channel_is_named_the_first_that_may_go_is_taken() -> None:
    assert choose(known(), SOON, NOON) == ("email", Go("e@example.com"))
    assert choose(known(refusals={"email": "withdrawn"}), SOON, NOON) == ("sms", Go("+491"))
    by_post = known(addresses={"sms": "+491", "post": "here"}, awake_at=MORNING)
    assert choose(by_post, SOON, NIGHT) == ("post", Go("here"))


def test_where_none_may_go_all_say_why() -> None:
    refused = known(refusals={"email": "withdrawn", "sms": "no_consent"})
    assert choose(refused, SOON, NOON) == ("email", Out("excluded", "email: withdrawn; sms: no_consent; post: no_address"))
    assert choose(known(addresses={}), SOON, NOON) == ("email", Out("excluded", "no_address"))


def test_a_wave_is_one_only_once_there_are_enough_to_tell() -> None:
    brake = Brake(least=50, percent=10)
    assert not is_wave(Tally(49, 49), brake)
    assert is_wave(Tally(50, 5), brake)
    assert not is_wave(Tally(51, 5), brake)


def test_pauses_grow_to_four_hours_and_heed_what_the_other_side_asks() -> None:
    assert pause(1, None, jitter=1) == timedelta(seconds=30)
    assert pause(3, None, jitter=0) == timedelta(seconds=60)
    assert pause(300, None, jitter=1) == timedelta(hours=4)
    assert pause(1, timedelta(hours=9), jitter=0) == timedelta(hours=9)
