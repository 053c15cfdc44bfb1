"""What came back is heeded where nothing goes to its address any more; what waits for its hours has not gone out yet."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.addresses import address_key
from hub.cli import came_back
from hub.cli.came_back import CameBack, in_words, mail_came_back
from hub.cli.simulate import is_right
from hub.settings import Settings
from hub.state import tables
from hub.world.compare import Comparison
from hub.world.drivers import Drivers
from hub.world.simulation import Simulated
from hub.world.world import World

DRIVERS = Drivers(World(3, seed=1), cars=112)
LATER = datetime.now(UTC) + timedelta(hours=8)


def hub(monkeypatch: pytest.MonkeyPatch, *, held: int = 0, forgets: int = 0, last: dict[str, Any] | None = None) -> Settings:
    """One that wrote to all whose mail bounces but those held until their hours, and knows of all bounces but some; the last is `last`."""
    deliveries = [
        {"principal": principal, "person": person, "channel": "email", "state": "sent", "address": f"{person}@example.com", "due_at": LATER}
        for principal, person in sorted(DRIVERS.bouncing())
    ]
    for delivery in deliveries[:held]:
        delivery["state"] = "pending"
    deliveries[-1].update(last or {})
    known = [address_key("email", str(one["address"])) for one in deliveries[held + forgets :]]
    suppressed = [{"address": key, "channel": "email", "is_suppressed": True} for key in known]

    async def rows(_url: str, table: str) -> AsyncIterator[dict[str, Any]]:
        for row in {"deliveries": deliveries, "suppressions": suppressed}[table]:
            yield row

    monkeypatch.setattr(tables, "rows", rows)
    monkeypatch.setattr(came_back, "_PATIENCE", timedelta())
    return Settings()


async def test_a_bounce_that_the_hub_does_not_know_of_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    all_of_them = len(DRIVERS.bouncing())
    assert all_of_them > 1
    whole = await mail_came_back(hub(monkeypatch), DRIVERS)
    assert (whole, whole.is_whole) == (CameBack(all_of_them, all_of_them, is_heeded=True), True)
    missing = await mail_came_back(hub(monkeypatch, forgets=1), DRIVERS)
    assert not missing.is_heeded
    assert is_right(SAID, (whole, whole))
    assert not is_right(SAID, (whole, missing))
    assert "the hub does NOT know that" in in_words(whole, missing)[1]


async def test_what_waits_for_its_hours_is_no_fault_of_the_hub_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await mail_came_back(hub(monkeypatch, held=1), DRIVERS)
    assert (found.is_heeded, found.is_whole, is_right(SAID, (found, found))) == (True, False, True)
    assert in_words(found, found)[1].endswith("; 1 more did not go out yet.")


@pytest.mark.parametrize(
    ("last", "named"),
    [
        *(({"state": state}, f"1 {state}") for state in ("failed", "unknown", "excluded", "expired", "cancelled")),
        ({"state": "planned", "due_at": LATER - timedelta(days=1)}, "1 planned"),
        ({"channel": "sms"}, "1 sent by sms"),
        ({"person": "somebody else"}, "1 missing"),
    ],
)
async def test_what_did_not_go_out_although_nothing_holds_it_is_not_right_and_named(
    monkeypatch: pytest.MonkeyPatch, last: dict[str, Any], named: str
) -> None:
    found = await mail_came_back(hub(monkeypatch, held=1, last=last), DRIVERS)
    assert (found.is_heeded, is_right(SAID, (found, found))) == (True, False)
    assert in_words(found, found)[1].endswith(f"; 1 more did not go out yet; 1 did NOT go out: {named}.")


SAID = Simulated(1, 1.0, Comparison(compared=1))
