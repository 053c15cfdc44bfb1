"""What must hold once things have calmed down, whatever happened before."""

import json
from collections import defaultdict
from collections.abc import Sequence

from tests.support.checker import check, outbound
from tests.support.dealing import Record
from tests.support.log_reader import read_log
from tests.support.moves import moves
from tests.support.scene import Scene, header
from tests.support.watching import privacy, secrets


def assert_sound(scene: Scene) -> None:
    """The checker finds nothing (I1 to I4, I6, I8), no process told of people (I7), offsets never went back but by an operator's act.

    Of a scene that is cut short only what left is compared: some records are not meant to be in the store.
    """
    log = scene.database.run(read_log(scene.reader_options(), scene.topics()))
    back = sorted(("next_offset", m.topic, m.was, m.becomes) for m in moves(log) if m.becomes < m.was)
    assert sorted(tuple(row.values()) for row in scene.database.rows("SELECT * FROM witness")) == back
    told = {process.label: process.log_text() + process.probe("/metrics")[1] for process in scene.crew.processes}
    assert list(privacy(told, secrets(log))) == []
    if scene.is_cut_short:
        sent = scene.database.rows("SELECT * FROM outbox_sent")
        assert list(outbound(log, scene.database.unsent(), sent)) == []
    else:
        checked = check(scene.database.url, log, consumers=scene.consumers(), max_record_bytes=scene.max_record_bytes)
        assert scene.database.run(checked) == []


def assert_once(scene: Scene, topic: str, records: Sequence[Record]) -> None:
    """These good records are all that the topic holds: each is in the journal once, and the topic is folded to its end."""
    end = scene.end_offset(topic)
    assert scene.next_offset(topic) == end
    journal = scene.database.rows('SELECT event_id, "offset" FROM journal WHERE topic = $1 ORDER BY "offset"', topic)
    assert [row["event_id"] for row in journal] == [dict(record.headers)["ce_id"].decode() for record in records]  # type: ignore[union-attr]
    assert len({row["offset"] for row in journal}) == len(records)


def assert_all_won(scene: Scene, count: int, dealer: str) -> None:
    """So many sales of a dealer came to their end, each exactly once, and were told of to their last version."""
    states = scene.database.rows(
        "SELECT ref, status, stage, wins, row_version FROM opportunities WHERE principal = $1 ORDER BY ref", f"dealer:{dealer}"
    )
    assert len(states) == count
    assert {(state["status"], state["stage"], state["wins"]) for state in states} == {("won", "engaging", 1)}
    last = {subject: told[-1] for subject, told in _told(scene).items()}
    assert {state["ref"]: (state["row_version"], "won") for state in states} == {
        subject.removeprefix(f"{dealer}/"): told for subject, told in last.items() if subject.startswith(f"{dealer}/")
    }


def _told(scene: Scene) -> dict[str, list[tuple[int, str]]]:
    """Revision and status as a reader of `hub.crm` hears them who knows repeated records by their id."""
    heard: set[str] = set()
    told: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for message in scene.read("hub.crm"):
        event = header(message, "ce_id")
        if event not in heard:
            heard.add(event)
            body = json.loads(message.value() or b"")
            told[body["subject"]].append((body["revision"], body.get("status", "")))
    return told
