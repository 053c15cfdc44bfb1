"""A process that has something to do and does not get on says since when; one that is idle says nothing."""

import asyncio
from time import monotonic
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from faststream.kafka import KafkaBroker

from hub.stream.failures import Fenced
from hub.stream.group import Group
from hub.stream.health import group_health, task_health
from hub.stream.lane import Lane
from hub.stream.outcome import Applied
from hub.stream.recognising import Recogniser
from hub.stream.shell import Shell
from hub.stream.standstill import Standstill
from hub.stream.turns import Turns
from hub.telemetry import Metrics

HERE, THERE = ("x", 0), ("x", 1)


def stalled(*lanes: dict[str, Any], claiming: float | None = None) -> float:
    """What a consumer with these lanes tells; `claiming`: seconds since its claim began to fail."""
    now = monotonic()
    idle: dict[str, Any] = {"name": "a/0", "backlog": 0, "progressed_at": now - 900, "busy_since": None, "failing_since": None}
    group = SimpleNamespace(
        lanes=[SimpleNamespace(**(idle | lane)) for lane in lanes],
        claim_failing_since=None if claiming is None else now - claiming,
        is_connected=True,
        failure=None,
        steering=SimpleNamespace(failing_since=None),
        still=SimpleNamespace(halted={}),
    )
    return group_health(group, SimpleNamespace(is_consuming=True), 60).stalled_seconds  # type: ignore[arg-type] # what health looks at


def test_an_idle_consumer_is_not_stalled() -> None:
    assert stalled({}, {}) == 0


def test_a_batch_tried_again_and_again_is_stalled_since_it_began() -> None:
    now = monotonic()
    assert stalled({}, {"busy_since": now - 300, "progressed_at": now}) == pytest.approx(300, abs=5)


def test_a_queue_that_nobody_works_off_and_a_claim_that_fails_are_stalled() -> None:
    assert stalled({"backlog": 3}) == pytest.approx(900, abs=5)
    assert stalled({}, claiming=40) == pytest.approx(40, abs=5)


@pytest.mark.parametrize("failing", [None, 5.0])
def test_a_sender_is_stalled_since_its_last_round(failing: float | None) -> None:
    now = monotonic()
    sender = SimpleNamespace(progressed_at=now - 30, failing_since=None if failing is None else now - failing)
    assert task_health(sender, 60).stalled_seconds == pytest.approx(30, abs=5)


async def test_a_lane_is_busy_while_it_works_and_no_longer() -> None:
    seen: list[float | None] = []

    async def apply(*_: object) -> Applied:
        seen.append(lane.busy_since)
        return Applied()

    lane, done = a_lane(apply), asyncio.Event()
    lane._on_done = done.set
    lane._turns.put(HERE, [SimpleNamespace()])
    task = asyncio.create_task(lane.run())
    async with asyncio.timeout(5):
        await done.wait()
    task.cancel()
    assert seen[0] is not None
    assert lane.busy_since is None


async def test_a_lane_whose_work_is_taken_away_while_the_database_is_away_fails_no_longer() -> None:
    async def apply(*_: object) -> SimpleNamespace:
        lane._turns.drop({HERE})
        raise OSError

    lane, done = a_lane(apply), asyncio.Event()
    lane._on_done = done.set
    lane._turns.put(HERE, [SimpleNamespace()])
    task = asyncio.create_task(lane.run())
    async with asyncio.timeout(5):
        await done.wait()
    task.cancel()
    assert lane.failing_since is None


async def test_a_lane_gets_on_with_every_statement_that_is_answered() -> None:
    async def apply(connection: Any, *_: object) -> Applied:
        lane.progressed_at = 0.0
        connection.on_answer()
        return Applied()

    lane = a_lane(apply)
    await lane._work_off({HERE: [SimpleNamespace()]})
    assert lane.progressed_at > 0


async def test_a_question_that_the_database_does_not_answer_is_asked_again() -> None:
    asked: list[object] = []
    applied: list[object] = []

    async def judge(_: object, taken: dict[object, list[str]], **__: bool) -> dict[object, list[str]]:
        asked.append(set(taken))
        if len(asked) == 1:
            raise OSError
        return taken

    async def apply(_: object, batches: dict[object, object], *__: object) -> Applied:
        applied.append(batches)
        return Applied()

    lane = a_lane(apply)
    lane._recogniser = SimpleNamespace(judge=judge, note=lambda *_: None)
    await lane._work_off({HERE: ["good"]})
    assert asked == [{HERE}, {HERE}]
    assert applied == [{HERE: ["good"]}]


async def test_a_record_that_nobody_can_look_at_stops_its_own_partition_only() -> None:
    halted: list[tuple[object, str]] = []
    applied: list[object] = []

    async def apply(_: object, batches: dict[object, object], *__: object) -> Applied:
        applied.append(set(batches))
        return Applied()

    def judge(raw: str) -> str:
        return {"good": raw}[raw]

    lane = a_lane(apply, judge)
    lane._on_halt = lambda *what: halted.append(what)
    await lane._work_off({HERE: ["bad"], THERE: ["good"]})
    assert halted == [(HERE, "unknown_error")]
    assert applied == [{THERE}]


async def test_a_consumer_of_which_a_part_has_ended_is_dead() -> None:
    group: Any = Group.__new__(Group)
    group._consumer, group._tasks, group.failure = "crm-sync", set(), None
    group.lanes, group.claim_failing_since, group.still = [], None, SimpleNamespace(halted={})
    group._session_seconds, group.steering = 30, SimpleNamespace(failing_since=None)
    group.kafka = SimpleNamespace(_client=SimpleNamespace(_conns={0: SimpleNamespace(connected=lambda: True, _last_action=monotonic())}))
    shell: Any = SimpleNamespace(is_consuming=True)

    async def work() -> None:
        raise ZeroDivisionError

    assert group_health(group, shell, 60).is_ready
    group._spawn(work())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    health = group_health(group, shell, 60)
    assert not health.is_alive
    assert health.why == ("ZeroDivisionError ended a part of it",)


def a_lane(apply: Any, judge: Any = lambda raw: raw, on_fenced: Any = lambda _: None) -> Any:
    """A lane that applies so, with nothing around it."""

    async def connect() -> SimpleNamespace:
        return SimpleNamespace(is_closed=lambda: False, close=lambda **_: asyncio.sleep(0))

    return Lane(
        0,
        turns=Turns(1, 10),
        batch=SimpleNamespace(apply=apply, prepare=lambda _: asyncio.sleep(0), consumer="a", is_wary=False),  # type: ignore[arg-type]
        recogniser=Recogniser(SimpleNamespace(judge=judge, glance=None)),  # type: ignore[arg-type]
        brake=SimpleNamespace(note=lambda _: []),  # type: ignore[arg-type]
        metrics=Metrics(),
        connect=connect,  # type: ignore[arg-type]
        epochs={HERE: 1, THERE: 1},
        on_applied=lambda _: None,
        on_fenced=on_fenced,
        on_gap=lambda _: asyncio.sleep(0),
        on_halt=lambda *_: None,
        on_done=lambda: None,
    )


async def test_a_partition_that_somebody_claimed_does_not_keep_the_others() -> None:
    applied: list[set[tuple[str, int]]] = []
    fenced: list[tuple[str, int]] = []

    async def apply(_: Any, batches: dict[tuple[str, int], Any], *__: Any) -> Applied:
        if THERE in batches:
            raise Fenced(*THERE)
        applied.append(set(batches))
        return Applied()

    lane = a_lane(apply, on_fenced=fenced.append)
    await lane._work_off({HERE: [SimpleNamespace()], THERE: [SimpleNamespace()]})
    assert (applied, fenced) == ([{HERE}], [THERE])


async def test_what_was_claimed_meanwhile_is_not_claimed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    group: Any = Group.__new__(Group)
    group.epochs, claimed = {HERE: 2}, []

    async def claim(partitions: set[tuple[str, int]]) -> None:
        claimed.append(partitions)

    monkeypatch.setattr("hub.stream.group.random.uniform", lambda *_: 0)
    group._claim = claim
    await group._claim_again(HERE)
    await group._claim_again(THERE)
    assert claimed == [{THERE}]


async def test_nobody_works_on_a_partition_while_it_is_claimed_anew() -> None:
    """Its lane would run into the new epoch, which is its own, and claim once more: two claims, and so on for ever."""
    group: Any = Group.__new__(Group)
    group.epochs, group.kafka, dropped = {HERE: 1, THERE: 1}, SimpleNamespace(assignment=set, pause=lambda *_: None), []
    group._turns = SimpleNamespace(drop=dropped.append, gaps={HERE: 5, THERE: 5})

    async def connect() -> None:
        assert (group.epochs, dropped) == ({THERE: 1}, [{HERE}])
        assert group._turns.gaps == {THERE: 5}, "what is missing after the new claim is asked for once more"
        raise ConnectionError

    group._connect = connect
    with pytest.raises(ConnectionError):
        await group._claim_once({HERE})


async def test_a_partition_that_went_elsewhere_leaves_no_lag_behind() -> None:
    group: Any = Group.__new__(Group)
    group._consumer, group._metrics = "crm-sync", Metrics()
    labels = {"consumer": "crm-sync", "topic": "x", "partition": "0"}
    for gauge in (group._metrics.lag, group._metrics.age):
        gauge.labels(**labels).set(7)
    group._forget_lag(("x", 0))
    group._forget_lag(("x", 1))
    assert group._metrics.registry.get_sample_value("hub_lag_records", labels) is None
    assert group._metrics.registry.get_sample_value("hub_lag_seconds", labels) is None


@pytest.mark.parametrize(("queued", "lag"), [({}, 0), ({HERE: 1.0}, 4)], ids=["nothing but markers is left", "records are under way"])
async def test_what_kafkas_transactions_left_at_the_end_is_no_lag(queued: dict[object, float], lag: int) -> None:
    group: Any = Group.__new__(Group)
    group._consumer, group._metrics = "crm-sync", Metrics()
    group._next, group._ages, group.still = {HERE: 3}, queued, Standstill("crm-sync", cast(Any, None), group._metrics)
    state = SimpleNamespace(has_valid_position=True, position=7)
    subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=SimpleNamespace(state_value=lambda _: state)))
    group.kafka = SimpleNamespace(highwater=lambda _: 7, assignment=lambda: {TopicPartition(*HERE)}, _subscription=subscription)
    group._measure_lag()
    labels = {"consumer": "crm-sync", "topic": "x", "partition": "0"}
    assert group._metrics.registry.get_sample_value("hub_lag_records", labels) == lag


async def test_a_process_that_still_joins_its_group_is_alive() -> None:
    shell = Shell(KafkaBroker(), cast(Group, SimpleNamespace()), name="crm-sync", pattern="^x$", options={}, most_records=1)
    assert shell.is_consuming
    shell._has_joined = True
    assert not shell.is_consuming
