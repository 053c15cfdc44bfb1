"""A courier with settings that cannot be right does not start, and says which and why."""

from typing import Any

import pytest

from hub.channels.outfit import outfit
from hub.errors import InputError
from hub.settings import Settings
from hub.telemetry import Metrics


async def connect() -> Any:
    raise AssertionError("nothing is sent here")


MAIL: dict[str, Any] = {"mail_host": "mail.example", "mail_from": "hub@hub.example"}
SMS: dict[str, Any] = {"sms_account": "AC1", "sms_token": "t", "sms_from": "+49 30 23125 000"}


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"courier_limits": "smtp=fast"}, "HUB_COURIER_LIMITS"),
        ({"courier_limits": "smtp=1/1s smtp=2/1s"}, "HUB_COURIER_LIMITS"),
        ({"courier_hours": "20:00-08:00"}, "HUB_COURIER_HOURS"),
        ({"sms_price": "cheap"}, "HUB_SMS_PRICE"),
        ({**MAIL, "mail_from": ""}, "HUB_MAIL_FROM"),
        ({**SMS, "sms_from": ""}, "HUB_SMS_FROM"),
        ({**MAIL, "courier_lease_seconds": 30}, "HUB_COURIER_LEASE_SECONDS"),
        ({**MAIL, "mail_ca_file": "/nowhere/ca.pem"}, "HUB_MAIL_CA_FILE"),
        ({**MAIL, "mail_ca_file": __file__}, "HUB_MAIL_CA_FILE"),
    ],
)
def test_what_cannot_be_right_is_named(settings: dict[str, Any], variable: str) -> None:
    with pytest.raises(InputError) as error:
        outfit(Settings(**settings), connect, Metrics())
    assert error.value.path == variable


async def test_there_is_a_way_out_for_each_provider_that_is_set() -> None:
    from hub.channels.outfit import ways

    assert [(way.channel, way.provider) for way in ways(Settings(**MAIL, **SMS))] == [("email", "smtp"), ("sms", "twilio")]
    assert ways(Settings()) == []
