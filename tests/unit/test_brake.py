"""The brake stops a partition that turned to poison, and no other."""

from hub.stream.brake import Brake
from hub.stream.outcome import Applied, Outcome

POISONED, SOUND = ("dealer.ber-001.events", 0), ("dealer.muc-002.events", 0)


def batch(partition: tuple[str, int], first: int, *outcomes: Outcome) -> Applied:
    return Applied({(*partition, first + n): outcome for n, outcome in enumerate(outcomes)})


def test_so_many_dead_letters_in_a_row_stop_their_partition() -> None:
    brake = Brake(3)
    assert brake.note(batch(POISONED, 0, Outcome.DEAD, Outcome.DEAD)) == []
    assert brake.note(batch(SOUND, 0, Outcome.DEAD, Outcome.HANDLED)) == []
    assert brake.note(batch(POISONED, 2, Outcome.DEAD)) == [POISONED]


def test_good_news_between_lets_go() -> None:
    brake = Brake(3)
    assert brake.note(batch(POISONED, 0, Outcome.DEAD, Outcome.DEAD, Outcome.HANDLED, Outcome.DEAD, Outcome.DEAD)) == []


def test_a_duplicate_or_a_held_record_between_is_no_news() -> None:
    brake = Brake(2)
    assert brake.note(batch(POISONED, 0, Outcome.DEAD, Outcome.DUPLICATE, Outcome.HELD, Outcome.DEAD)) == [POISONED]


def test_once_released_it_counts_anew() -> None:
    brake = Brake(2)
    assert brake.note(batch(POISONED, 0, Outcome.DEAD, Outcome.DEAD)) == [POISONED]
    brake.release(POISONED)
    assert brake.note(batch(POISONED, 2, Outcome.DEAD)) == []
    assert brake.note(batch(POISONED, 3, Outcome.DEAD)) == [POISONED]
