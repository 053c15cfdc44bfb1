"""A subject's events have one order, whatever order they are told in, and folding on from a position never contradicts it."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.rules.order import Position, follows, in_order

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Said(NamedTuple):
    occurred_at: datetime
    revision: int | None
    tie: str
    counter: str = "dealer"


# few values, so that times, revisions and ties meet
SAID = st.builds(
    Said,
    st.integers(0, 4).map(lambda hours: NOON + timedelta(hours=hours)),
    st.one_of(st.none(), st.integers(1, 4)),
    st.sampled_from("abcdef"),
    st.sampled_from(("dealer", "erp")),
)
HISTORIES = st.lists(SAID, max_size=8, unique_by=lambda said: (said.tie, said.counter))


@given(HISTORIES, st.randoms(use_true_random=False))
def test_the_order_is_the_same_in_whatever_order_events_are_told(history: list[Said], chance: object) -> None:
    shuffled = list(history)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert in_order(shuffled) == in_order(history)


@given(HISTORIES)
def test_revisions_stand_in_their_order_and_positions_only_grow(history: list[Said]) -> None:
    ordered = in_order(history)
    for counter in ("dealer", "erp"):
        revisions = [said.revision for _, said in ordered if said.revision is not None and said.counter == counter]
        assert revisions == sorted(revisions)
    assert [position.at for position, _ in ordered] == sorted(position.at for position, _ in ordered)
    assert [position.revision for position, _ in ordered] == sorted(position.revision for position, _ in ordered)


def test_revisions_order_the_events_of_their_own_counter_alone() -> None:
    """What a dealer counts says nothing of what the ERP counts: between the two, time decides."""
    dealer = [Said(NOON + timedelta(hours=hour), revision, "d", "dealer") for hour, revision in ((0, 7), (2, 8))]
    erp = [Said(NOON + timedelta(hours=hour), revision, "e", "erp") for hour, revision in ((1, 1), (3, 2))]
    assert [said for _, said in in_order([*erp, *dealer])] == [dealer[0], erp[0], dealer[1], erp[1]]


@settings(max_examples=500)
@given(HISTORIES, SAID.map(lambda said: said._replace(tie="new")))
def test_what_follows_the_last_position_stands_last(history: list[Said], new: Said) -> None:
    """Never forward where a full ordering would disagree, and then to the same position."""
    ordered = in_order(history)
    if not ordered:
        return
    after = follows(ordered[-1][0], new)
    if after is not None:
        assert in_order([*history, new]) == [*ordered, (after, new)]


@settings(max_examples=500)
@given(HISTORIES, st.data())
def test_what_was_left_out_of_the_fold_does_not_mislead_what_follows(history: list[Said], data: st.DataObject) -> None:
    """Dead, held and corrected events are in nobody's way: the position is that of the events that count."""
    counted = [said for said in history if data.draw(st.booleans())]
    ordered = in_order(counted)
    position: Position | None = None
    for n, (_, said) in enumerate(ordered):
        after = follows(position, said) if position else Position(said.occurred_at, said.revision or 0, said.tie)
        if after is not None:
            assert after == ordered[n][0]
        position = ordered[n][0]


def test_time_that_goes_on_is_followed_without_a_full_ordering() -> None:
    """The hot path: or else every event would be folded from the journal."""
    last = Position(NOON, 0, "b")
    assert follows(last, Said(NOON + timedelta(seconds=1), None, "a")) is not None
    assert follows(last, Said(NOON, None, "c")) is not None
    assert follows(last, Said(NOON, 1, "a")) is not None
    assert follows(last, Said(NOON, None, "a")) is None
    assert follows(last, Said(NOON - timedelta(seconds=1), None, "c")) is None
    assert follows(Position(NOON, 2, "b"), Said(NOON + timedelta(hours=1), 2, "c")) is None
