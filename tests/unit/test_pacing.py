"""A campaign's pace is never exceeded, and nothing falls due while its window is shut, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.rules.pacing import Pace

HOUR = timedelta(hours=1)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
# the shortest window is longer than any gap that clocks make
WINDOWS = st.tuples(st.integers(0, 20), st.integers(2, 23)).map(lambda w: (f"{w[0]:02}:15", f"{min(w[0] + w[1], 23):02}:45"))


@given(MOMENTS, st.integers(1, 4000), st.sampled_from(ZONES), st.one_of(st.none(), WINDOWS))
@example(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 7, "Europe/Berlin", ("02:15", "04:45"))
@example(datetime(2026, 10, 24, 23, 0, tzinfo=UTC), 7, "Europe/Berlin", ("02:15", "04:45"))
@settings(max_examples=150, deadline=None)
def test_no_hour_has_more_than_the_pace_and_all_of_it_falls_into_the_window(
    start: datetime, per_hour: int, zone: str, window: tuple[str, str] | None
) -> None:
    opens, closes = window or (None, None)
    due = list(islice(Pace(per_hour, opens, closes, zone).due(start), 2 * per_hour + 20 if per_hour < 100 else 300))
    assert due[0] >= start
    assert all(one < other for one, other in pairwise(due))
    assert all(due[n + per_hour] - due[n] >= HOUR for n in range(len(due) - per_hour))
    for moment in due:
        on_the_wall = moment.astimezone(ZoneInfo(zone)).time()
        assert opens is None or closes is None or time.fromisoformat(opens) <= on_the_wall < time.fromisoformat(closes)


def test_without_a_pace_all_falls_due_at_once() -> None:
    start = datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert set(islice(Pace().due(start), 1000)) == {start}


def test_a_shut_window_opens_the_next_day() -> None:
    evening = datetime(2026, 5, 4, 20, tzinfo=UTC)
    assert Pace(None, "08:00", "18:00", "Europe/Berlin").within(evening) == datetime(2026, 5, 5, 6, tzinfo=UTC)
