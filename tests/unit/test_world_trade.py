"""What the simulated world reads of the hub's requests, and whom its drivers allow to be told, is what was said."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hub.channels.sms.number import number_of
from hub.local.sms_moods import mood_of
from hub.world.drivers import Drivers
from hub.world.trade import Request, Trade, comparable, wanted
from hub.world.world import World

AT = datetime(2025, 3, 3, tzinfo=UTC)


def request(deed: str, order: str, opportunity: str = "Oabc-1", **said: Any) -> Request:
    return Request(deed, {"order": order, "dealer": "ber-001", "opportunity": opportunity, "win": 1, "occurred_at": AT, **said})


@pytest.mark.parametrize(
    ("deeds", "is_wanted"),
    [
        (["order.requested"], True),
        (["order.requested", "order.cancellation_requested"], False),
        (["order.requested", "order.cancellation_requested", "order.requested"], True),
    ],
)
def test_an_order_is_wanted_by_the_last_word_of_it(deeds: list[str], is_wanted: bool) -> None:
    found = wanted([request(deed, "ber-001/Oabc-1#1") for deed in deeds], "abc")
    assert [one.order for one in found] == (["ber-001/Oabc-1#1"] if is_wanted else [])


def test_another_worlds_requests_are_passed_over() -> None:
    assert wanted([request("order.requested", "ber-001/Oxyz-1#1", "Oxyz-1")], "abc") == []


def test_the_same_requests_are_answered_alike_by_carriers_with_errors() -> None:
    said = []
    for _ in range(2):
        world = World(3, seed=1)
        trade = Trade(world)
        said.append(trade.answer([request("order.requested", f"ber-001/O{world.mark}-{n}#1", f"O{world.mark}-{n}") for n in range(40)]))
        assert trade.planted
    assert said[0] == said[1]
    assert {one.topic.partition(".")[0] for one in said[0]} == {"erp", "carrier"}


def test_what_nobody_despatched_is_billed_so_late_that_nobody_can_tell_yet_what_it_is() -> None:
    world = World(3, seed=1)
    said = Trade(world).answer([request("order.requested", f"ber-001/O{world.mark}-{n}#1", f"O{world.mark}-{n}") for n in range(40)])
    bills = [json.loads(one.value or b"") for one in said if one.topic.endswith(".freight") and b'"lines"' in (one.value or b"")]
    strange = [bill["occurred_at"] for bill in bills if any("-X" in line["consignment"] for line in bill["lines"])]
    assert strange
    assert min(strange) > world.until.isoformat() > min(bill["occurred_at"] for bill in bills)


def test_an_order_is_carried_out_once_whatever_is_asked_of_it_later() -> None:
    world = World(3, seed=1)
    trade, name = Trade(world), f"O{world.mark}-1"
    asked = request("order.requested", f"ber-001/{name}#1", name)
    assert trade.answer([asked])
    taken_back = request("order.cancellation_requested", f"ber-001/{name}#1", name)
    assert trade.answer([taken_back]) == trade.answer([asked]) == []
    assert [one.asked.order for one in trade.fates] == [f"ber-001/{name}#1"]


def test_no_order_that_is_no_longer_wanted_is_compared() -> None:
    assert comparable("orders", {"is_wanted": False}) is None
    assert comparable("orders", {"is_wanted": True}) == {"is_wanted": True}


def test_those_who_must_read_news_are_those_who_agreed_to_them() -> None:
    drivers = Drivers(World(3, seed=1))
    agreed = {}
    for one in drivers.people():
        said = json.loads(one.value or b"")
        if "news" in said.get("purposes", ()):
            [agreed[f"dealer:{one.topic.split('.')[1]}", said["person"]]] = said["channels"]
    assert drivers.readers() == agreed
    assert set(agreed.values()) == {"email", "post"}
    assert len(agreed) < 56


@pytest.mark.parametrize(
    "until",
    [
        datetime(2026, 5, 3, tzinfo=UTC),
        datetime(2028, 2, 28, tzinfo=UTC),
        datetime(2026, 12, 31, tzinfo=UTC),
        datetime(2027, 11, 21, tzinfo=UTC),
    ],
)
def test_those_who_must_be_wished_a_happy_birthday_agreed_to_news_and_were_born_on_that_day(until: datetime) -> None:
    drivers, born = Drivers(World(3, seed=1, until=until)), {}
    for one in drivers.people():
        said = json.loads(one.value or b"")
        if "birthday" in said and drivers.segment in said.get("segments", ()):
            born[f"dealer:{one.topic.split('.')[1]}", said["customer"]] = date.fromisoformat(said["birthday"])
    today = until.date() + timedelta(days=1)
    celebrate = {named for named, day in born.items() if (day.month, day.day) == (today.month, today.day)}
    wished = drivers.wished(today)
    assert wished == {named: way for named, way in drivers.readers().items() if named in celebrate}
    assert celebrate > wished.keys() > set()
    assert drivers.readers().keys() > wished.keys()
    assert drivers.wished(today + timedelta(days=1)) == {}, "released after midnight, nobody is wished anything"


def test_where_no_car_can_be_served_elsewhere_nobody_drives() -> None:
    drivers = Drivers(World(1, seed=1))
    assert drivers.people() == drivers.handovers() == []
    assert not drivers.readers()


def heeded_for_good(world: World) -> set[str]:
    """The addresses of its drivers to which nothing goes any more once a reminder was sent there."""
    said = [json.loads(one.value or b"") for one in Drivers(world).people() if b"Driver " in (one.value or b"")]
    reached = {str(one.get("email") or one.get("phone") or one["address"].get("street")) for one in said}
    return {address for address in reached if "+bounce" in address or "Musterweg" in address or mood_of(address) == "stop"}


def test_no_world_has_an_address_that_another_had_come_back() -> None:
    first, again, second = (heeded_for_good(World(3, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert {("bounce" in one, "Musterweg" in one) for one in first} == {(True, False), (False, True), (False, False)}
    assert not first & second
    assert all(number_of(one) for one in first if one.startswith("+"))
