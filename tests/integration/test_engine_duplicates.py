"""An event counts once, however often, in whatever bytes and by whatever way it is told."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts import envelope as cloudevents
from contracts.topics import OEM_CRM
from hub.consumers.crm_sync import crm_sync
from hub.stream import work
from hub.stream.batch import WARY
from hub.stream.opening import Fresh
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from hub.stream.sorting import sort
from tests.support.crm import Words, base_data
from tests.support.engine import NOON, Engine, Log

HANDLED, DUPLICATE, DEAD = Outcome.HANDLED, Outcome.DUPLICATE, Outcome.DEAD


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync) as engine:
        yield engine


def told_again(log: Log, first: Stored, value: bytes | None = None, topic: str | None = None) -> Stored:
    """The same event at another offset."""
    return log.write(topic or first.topic, value or first.value, key=first.key, headers=first.headers)


async def test_a_record_told_twice_in_a_batch_counts_once(engine: Engine) -> None:
    log = Log()
    first = Words(log).recorded("C1", "Ada")
    assert await engine.outcomes([first, told_again(log, first), told_again(log, first)]) == [HANDLED, DUPLICATE, DUPLICATE]
    assert [row["row_version"] for row in await engine.rows("customers")] == [1]
    assert len(await engine.rows("journal")) == len(await engine.rows("outbox")) == 1


async def test_a_record_told_again_in_a_later_batch_counts_once(engine: Engine) -> None:
    log = Log()
    first = Words(log).recorded("C1", "Ada")
    assert await engine.outcomes([first]) == [HANDLED]
    assert await engine.outcomes([told_again(log, first)]) == [DUPLICATE]
    assert [row["row_version"] for row in await engine.rows("customers")] == [1]
    assert len(await engine.rows("outbox")) == 1


async def test_after_a_repetition_nothing_is_taken_for_new_for_some_batches(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    log, taken = Log(), list[bool]()
    look = Fresh.look

    async def at_once(batch: Fresh, *asked: Any) -> Any:
        taken.append(True)
        return await look(batch, *asked)

    async def closely(*arguments: Any, **named: Any) -> Any:
        taken.append(False)
        return await sort(*arguments, **named)

    monkeypatch.setattr(Fresh, "look", at_once)
    monkeypatch.setattr(work, "sort", closely)
    dealer = Words(log)
    first = dealer.recorded("C1", "Ada")
    assert await engine.outcomes([first]) == [HANDLED]
    assert await engine.outcomes([dealer.recorded("C2", "Eve"), told_again(log, first)]) == [HANDLED, DUPLICATE]
    assert taken == [True, True, True, False]  # what came after the first of them was rolled back, twice
    for number in range(WARY + 1):
        assert await engine.outcomes([dealer.recorded(f"D{number}", "Eve")]) == [HANDLED]
    assert taken[4:] == [False] * WARY + [True]
    assert len(await engine.rows("journal")) == len(await engine.rows("outbox")) == WARY + 3


async def test_a_record_told_on_two_partitions_at_once_counts_once(engine: Engine) -> None:
    log = Log()
    dealer = Words(log)
    records = [dealer.recorded("C1", "Ada", id="same", partition=partition) for partition in (0, 1, 2)]
    assert sorted(await engine.outcomes(records)) == [DUPLICATE, DUPLICATE, HANDLED]
    assert len(await engine.rows("journal")) == 1


async def test_each_row_of_the_journal_says_whose_event_it_is_and_where_it_stands(engine: Engine) -> None:
    log = Log()
    records = [
        Words(log, dealer).recorded("C1", dealer, id=f"{dealer}/{partition}", partition=partition)
        for dealer in ("ber-001", "muc-002")
        for partition in (0, 1)
    ]
    assert await engine.outcomes(records) == [HANDLED] * 4
    assert {
        row["event_id"]: tuple(row[name] for name in ("principal", "source", "type", "store", "ref", "topic", "partition", "offset"))
        for row in await engine.rows("journal")
    } == {
        f"{dealer}/{partition}": (
            f"dealer:{dealer}",
            f"/dealers/{dealer}",
            "hub.customer.recorded.v1",
            "customers",
            "C1",
            f"dealer.{dealer}.events",
            partition,
            0,
        )
        for dealer in ("ber-001", "muc-002")
        for partition in (0, 1)
    }


async def test_the_same_id_of_another_dealer_is_another_event(engine: Engine) -> None:
    log = Log()
    records = [
        Words(log, dealer).recorded("C1", dealer, id="same", source="/one/and/the/same/software") for dealer in ("ber-001", "muc-002")
    ]
    assert await engine.outcomes(records) == [HANDLED, HANDLED]
    assert [(row["principal"], row["name"]) for row in await engine.rows("customers")] == [
        ("dealer:ber-001", "ber-001"),
        ("dealer:muc-002", "muc-002"),
    ]


async def test_the_same_id_from_another_source_is_another_event(engine: Engine) -> None:
    dealer = Words(Log())
    first, second = (dealer.recorded("C1", "Ada", id="same", source=source) for source in ("/dealers/ber-001", "/dealers/ber-001/workshop"))
    assert await engine.outcomes([first, second]) == [HANDLED, HANDLED]


async def test_a_record_written_anew_with_its_keys_in_another_order_is_a_duplicate(engine: Engine) -> None:
    log = Log()
    first = Words(log).recorded("C1", "Ada")
    body = json.loads(first.value or b"")
    rewritten = json.dumps(dict(reversed(body.items())), indent=2).encode()
    assert rewritten != first.value
    assert await engine.outcomes([first, told_again(log, first, rewritten)]) == [HANDLED, DUPLICATE]
    assert await engine.outcomes([told_again(log, first, rewritten)]) == [DUPLICATE]


async def test_the_same_event_in_structured_mode_is_a_duplicate(engine: Engine) -> None:
    log = Log()
    first = Words(log).recorded("C1", "Ada")
    envelope, data = cloudevents.read(first.headers, first.value)
    event = {"specversion": "1.0", "id": envelope.id, "source": envelope.source, "type": envelope.type, "data": json.loads(data)}
    structured = log.write(
        first.topic, json.dumps(event).encode(), key="C1", headers=[("content-type", b"application/cloudevents+json; charset=UTF-8")]
    )
    assert await engine.outcomes([first, structured]) == [HANDLED, DUPLICATE]


@pytest.mark.parametrize("is_one_batch", [True, False])
async def test_an_id_used_again_for_other_content_is_dead_and_the_first_stays(engine: Engine, is_one_batch: bool) -> None:
    log = Log()
    dealer = Words(log)
    first, other = dealer.recorded("C1", "Ada", id="same"), dealer.recorded("C1", "Eve", id="same")
    batches = [[first, other]] if is_one_batch else [[first], [other]]
    assert [outcome for batch in batches for outcome in await engine.outcomes(batch)] == [HANDLED, DEAD]
    assert [(row["reason"], row["event_id"]) for row in await engine.rows("dead_letters")] == [("id_reuse", "same")]
    assert [row["name"] for row in await engine.rows("customers")] == ["Ada"]


async def test_a_true_repetition_beside_a_re_used_id_is_still_a_duplicate(engine: Engine) -> None:
    log = Log()
    dealer = Words(log)
    first = dealer.recorded("C1", "Ada", id="same")
    await engine.apply([first])
    assert await engine.outcomes([dealer.recorded("C1", "Eve", id="same"), told_again(log, first)]) == [DEAD, DUPLICATE]


async def test_an_id_used_again_for_another_type_is_dead(engine: Engine) -> None:
    dealer = Words(Log())
    records = [dealer.recorded("C1", "Ada", id="same"), dealer.changed("C1", id="same")]
    assert await engine.outcomes(records) == [HANDLED, DEAD]


async def test_a_repetition_that_waits_is_still_one(engine: Engine) -> None:
    log = Log()
    base_data(log)
    await engine.lay(log)
    dealer = Words(log)
    lost = dealer.lost("O1")
    assert await engine.outcomes([lost, told_again(log, lost)]) == [Outcome.WAITING, DUPLICATE]
    assert await engine.outcomes([told_again(log, lost), dealer.opened("O1")]) == [DUPLICATE, HANDLED]
    assert [row["status"] for row in await engine.rows("opportunities")] == ["lost"]


async def test_both_of_two_topics_of_one_owner_may_tell_it(engine: Engine) -> None:
    log = Log()
    body = {"lead": "L1", "name": "Ada", "occurred_at": NOON.isoformat()}
    headers = cloudevents.write(cloudevents.Envelope("same", "/oem/web", "hub.lead.received.v1"))
    records = [log.write(OEM_CRM.name, json.dumps(body).encode(), key="L1", headers=headers, partition=p) for p in (0, 3)]
    assert sorted(await engine.outcomes(records)) == [DUPLICATE, HANDLED]
