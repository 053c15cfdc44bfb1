"""What the options that commands share choose, and how they name a word that is none."""

import pytest

from hub.cli.filters import channel_of, dealers, filters
from hub.errors import InputError


@pytest.mark.parametrize(("dealer", "whose"), [("ber-01", "dealer:ber-01"), ("oem", "oem"), ("", "")])
def test_a_dealer_s_option_chooses_whose_references_they_are_and_the_oem_is_no_dealer(dealer: str, whose: str) -> None:
    assert dealers(dealer) == whose
    assert filters(dealer).principal == whose


def test_a_channel_is_one_of_three_or_none_at_all() -> None:
    assert [channel_of(name) for name in ("email", "sms", "post", "")] == ["email", "sms", "post", None]
    with pytest.raises(InputError, match="--channel: expected email, sms or post"):
        channel_of("fax")
