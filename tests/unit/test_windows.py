"""No window of time sees more starts than its limit, wherever it begins."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from hub.rules.windows import Admitted, Limit, Start, admit, share, without

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@given(
    st.integers(1, 20),
    st.integers(1, 5000),
    st.lists(st.tuples(st.integers(-300, 1500), st.integers(1, 30)), max_size=60),
)
def test_any_window_holds_at_most_the_limit_however_the_clock_jumps(most: int, milliseconds: int, asked: list[tuple[int, int]]) -> None:
    limit, now = Limit(most, timedelta(milliseconds=milliseconds)), NOON
    starts: tuple[Start, ...] = ()
    began: list[datetime] = []
    for pause, wanted in asked:
        now += timedelta(milliseconds=pause)
        admitted = admit(starts, limit, now, wanted)
        starts = admitted.starts
        began += [admitted.at] * admitted.number
        assert admitted.number <= wanted
        assert (admitted.again_at is None) == (admitted.number == wanted)
    assert began == sorted(began)
    for first, later in zip(began, began[most:], strict=False):
        assert later - first >= limit.within


@given(st.integers(1, 20), st.integers(1, 100))
def test_whoever_comes_back_when_told_finds_room(most: int, wanted: int) -> None:
    limit, now, starts = Limit(most, SECOND), NOON, tuple[Start, ...]()
    rounds = 0
    while wanted:
        admitted = admit(starts, limit, now, wanted)
        assert admitted.number == min(most, wanted)
        starts, wanted, rounds = admitted.starts, wanted - admitted.number, rounds + 1
        now = admitted.again_at or now
    assert now - NOON == (rounds - 1) * SECOND


def test_what_started_a_whole_window_ago_makes_room() -> None:
    limit = Limit(2, SECOND)
    full = (Start(NOON, 1), Start(NOON + SECOND / 2, 1))
    assert admit(full, limit, NOON + SECOND - timedelta(microseconds=1), 1).number == 0
    assert admit(full, limit, NOON + SECOND, 2) == Admitted(
        1, NOON + SECOND, NOON + SECOND * 1.5, (Start(NOON + SECOND / 2, 1), Start(NOON + SECOND, 1))
    )


def test_a_full_domain_holds_back_its_own_and_nobody_else() -> None:
    limits = {"mail": Limit(4, SECOND), "mail:a": Limit(1, SECOND)}
    windows: dict[str, tuple[Start, ...]] = {"mail": (Start(NOON - SECOND / 2, 1),), "mail:a": ()}
    wanted = [["mail", "mail:a"], ["mail", "mail:a"], ["mail"], ["mail"], ["mail"]]
    shared = share(wanted, limits, windows, NOON)
    assert (dict(shared.started), dict(shared.waiting)) == (dict.fromkeys((0, 2, 3), NOON), {1: "mail:a", 4: "mail"})
    assert dict(shared.again_at) == {"mail:a": NOON + SECOND, "mail": NOON + SECOND / 2}
    assert shared.windows == {"mail": (Start(NOON - SECOND / 2, 1), Start(NOON, 3)), "mail:a": (Start(NOON, 1),)}


def test_a_start_may_be_laid_a_little_ahead_behind_the_first_limit_and_behind_no_other() -> None:
    limits = {"mail": Limit(1, SECOND), "mail:a": Limit(1, SECOND * 2)}
    windows = dict.fromkeys(limits, (Start(NOON - SECOND * 0.9, 1),))
    shared = share([["mail"], ["mail"], ["mail", "mail:a"]], limits, windows, NOON, SECOND / 5)
    assert (dict(shared.started), dict(shared.waiting)) == ({0: NOON + SECOND / 10}, {1: "mail", 2: "mail"})
    assert shared.again_at["mail"] == NOON + SECOND * 1.1
    beside = share([["mail", "mail:a"], ["mail"]], limits, windows, NOON, SECOND / 5)
    assert (dict(beside.started), dict(beside.waiting)) == ({1: NOON + SECOND / 10}, {0: "mail:a"})


def test_the_room_of_a_start_that_did_not_come_to_be_is_free_again() -> None:
    starts = (Start(NOON, 2), Start(NOON + SECOND, 1))
    assert without(starts, [NOON, NOON + SECOND]) == (Start(NOON, 1), Start(NOON + SECOND, 0))
    assert without(starts, [NOON, NOON]) == (Start(NOON + SECOND, 1),)
    assert without(starts, [NOON - SECOND]) == starts


_ASKED = st.lists(st.sampled_from([("p",), ("p", "a"), ("p", "b")]), max_size=12)


@example([(0, [("p",)] * 6, 0), (1000, [("p",)], 0), (-1, [("p",)] * 2, 0)], (0, 0))
@given(
    st.lists(st.tuples(st.integers(-300, 400), _ASKED, st.integers(0, 12)), max_size=40), st.sampled_from([(0, 0), (150, 150), (50, 400)])
)
def test_what_is_shared_keeps_to_every_limit_at_once(rounds: list[tuple[int, list[tuple[str, ...]], int]], ahead: tuple[int, int]) -> None:
    """However the clock jumps, and whichever starts did not come to be and gave their room back."""
    limits = {"p": Limit(5, SECOND), "a": Limit(2, SECOND), "b": Limit(3, SECOND * 2)}
    windows: dict[str, tuple[Start, ...]] = dict.fromkeys(limits, ())
    now, began = NOON, {scope: list[datetime]() for scope in limits}
    for number, (pause, wanted, missed) in enumerate(rounds):
        now += timedelta(milliseconds=pause)
        mine = timedelta(milliseconds=ahead[number % 2])  # couriers lay ahead as they need it
        shared = share(wanted, limits, windows, now, mine, timedelta(milliseconds=max(ahead)))
        windows = dict(shared.windows)
        assert sorted((*shared.started, *shared.waiting)) == list(range(len(wanted)))
        for place, at in shared.started.items():
            assert now <= shared.at <= at <= shared.at + mine
            for scope in wanted[place]:
                if place == missed:
                    windows[scope] = without(windows[scope], [at])
                else:
                    began[scope].append(at)
    for scope, moments in began.items():
        assert moments == sorted(moments)
        for first, later in zip(moments, moments[limits[scope].most :], strict=False):
            assert later - first >= limits[scope].within
