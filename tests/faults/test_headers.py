"""Headers that no reader expects cost nobody but, at worst, their own record."""

import pytest

from hub.stream.header_names import tolerate
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, Record, sale, sales
from tests.support.raw_names import write_raw
from tests.support.scene import Scene

tolerate()  # the checker reads these topics too
TOPIC = f"dealer.{DEALER}.events"


def with_header(record: Record, name: str, value: bytes | None) -> Record:
    return record._replace(headers=(*record.headers, (name, value)))


@pytest.mark.parametrize("compression", [pytest.param(None, marks=pytest.mark.thorough), "zstd"])
def test_a_header_name_that_is_not_utf_8_stalls_nobody(scene: Scene, compression: str | None) -> None:
    records = sales(20)
    odd = [with_header(record, "\xff\xfe", b"junk") if number % 7 == 3 else record for number, record in enumerate(records)]
    other = scene.add_dealer("muc-02")
    consumer = scene.start("crm-sync").until_ready()
    scene.start("relay")
    scene.database.run(write_raw(scene.kafka, odd[:30], compression=compression))
    scene.send(sales(20, "muc-02"))
    scene.database.run(write_raw(scene.kafka, odd[30:], compression=compression))
    scene.until_folded(TOPIC)
    scene.until_folded(other)
    scene.until_relayed()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 20, DEALER)
    assert_all_won(scene, 20, "muc-02")
    assert not scene.dead()
    assert consumer.is_ready()


def test_header_values_of_any_kind_cost_at_worst_their_own_record(scene: Scene) -> None:
    def renamed(record: Record, name: str, value: bytes | None) -> Record:
        return record._replace(headers=tuple((known, value if known == name else kept) for known, kept in record.headers))

    good = sale("O-1")
    bad = {
        "an id that is not UTF-8": renamed(sale("O-2")[0], "ce_id", b"\xff\xfe"),
        "no type": renamed(sale("O-3")[0], "ce_type", None),
        "10,000 headers": sale("O-4")[0]._replace(headers=good[0].headers + tuple((f"x{n}", b"") for n in range(10_000))),
    }
    junk = [with_header(good[0], "trace", b"\xff"), with_header(good[1], "trace", None), with_header(good[2], "reply_to", b"hub.acts")]
    consumer = scene.start("crm-sync").until_ready()
    scene.start("relay")
    scene.send([junk[0], *bad.values(), *junk[1:]])
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_all_won(scene, 1, DEALER)
    assert [(letter["reason"], letter["offset"]) for letter in scene.dead()] == [("envelope", 1), ("envelope", 2), ("envelope", 3)]
    assert len(scene.read(f"dealer.{DEALER}.feed")) == len(bad)
    assert scene.end_offset("hub.acts") == 0, "a sender's reply_to was obeyed"
    assert consumer.is_ready()
