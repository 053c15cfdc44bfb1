"""The page of the last full run says what failed as plainly as what held."""

from datetime import UTC, datetime

from tests.support.fault_report import Verdict, section

BEGAN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_each_fault_has_its_verdict_and_its_duration() -> None:
    verdicts = {
        "tests/faults/test_kill.py::test_nothing_is_lost[before|after]": Verdict(seconds=30),
        "tests/faults/test_soak.py::test_memory_is_flat": Verdict("failed", 60, ["MB a minute: 9"]),
    }
    written = section(verdicts, BEGAN, 7, "2 cores")
    assert "2026-03-02 12:00 UTC, seed 7 (`HUB_SEED=7 make faults` repeats it), 2 cores." in written
    assert "2 tests, 1.5 minutes of them all; 1 did not hold." in written
    assert "| `test_kill.py` | nothing is lost (before\\|after) | holds | 30.0 |  |" in written
    assert "| `test_soak.py` | memory is flat | DOES NOT HOLD | 60.0 | MB a minute: 9 |" in written


def test_a_run_in_which_all_held_says_so() -> None:
    assert "1 tests, 0.0 minutes of them all; all held." in section({"tests/faults/test_kill.py::test_a": Verdict()}, BEGAN, 7, "2 cores")
