"""An SMS provider refuses, falls silent or fails after it took a text: each has its receipt, and there is never a second copy."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from hub.channels.parcel import Accepted, Refused, TryLater, Unsure
from hub.local.sms_moods import SmsMood
from tests.support.sms_line import SmsScene, a_parcel, an_sms_scene


@pytest.fixture
async def scene() -> AsyncIterator[SmsScene]:
    async with an_sms_scene() as found:
        yield found


@pytest.mark.parametrize(
    ("mood", "wanted", "copies"),
    [
        ("silent-after-accept", Unsure, 1),
        ("drop-after-accept", Unsure, 1),
        ("500-after-accept", Unsure, 1),
        ("500", Unsure, 0),
        ("429", TryLater, 0),
        ("429-wait", TryLater, 0),
        ("invalid-number", Refused, 0),
        ("opted-out", Refused, 0),
        ("undelivered", Accepted, 1),
        ("report-early", Accepted, 1),
    ],
)
async def test_each_fault_has_its_receipt_and_the_provider_at_most_one_copy(
    scene: SmsScene, mood: SmsMood, wanted: type, copies: int
) -> None:
    channel = scene.channel(seconds=0.3 if mood.startswith("silent") else 5.0)
    scene.provider.moods.append(mood)
    receipt = await channel.send(a_parcel())
    assert isinstance(receipt, wanted)
    assert scene.provider.copies.total() == copies
    assert isinstance(await channel.send(a_parcel(text="next")), Accepted), "the channel is good for the next one"
    await channel.close()
    if mood == "429-wait":
        assert receipt == TryLater("HTTP 429, code 20429", timedelta(seconds=2))
