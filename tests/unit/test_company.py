"""Whoever makes transactions slow is found, and goes alone; nobody else does for long."""

import sys

from hub.stream.company import Company

SLOW, CALM = ("dealer.slow.events", 0), [(f"dealer.calm-{number}.events", 0) for number in range(7)]


def used_to(seconds: float, records: int = 20) -> Company:
    """The company of partitions whose transactions took so long up to now."""
    company = Company()
    for _ in range(15):
        company.note(CALM, records, seconds)
    return company


def is_free(company: Company, partition: tuple[str, int]) -> bool:
    """Whether it may be with anybody."""
    return company.most(partition) == sys.maxsize


def test_who_is_slow_among_many_is_alone_after_a_few_transactions() -> None:
    company, together, slow = used_to(0.005), [SLOW, *CALM], 0
    while company.most(SLOW) > 1:
        company.note(together, 20, 0.4)
        slow += 1
        together = together[: company.most(SLOW)]
    assert slow == 3
    assert not any(company.is_slow(partition) for partition in (SLOW, *CALM))  # who it is nobody knows yet
    company.note([SLOW], 20, 0.4)
    assert company.is_slow(SLOW)
    assert company.most(SLOW) == 1


def test_who_was_slow_alone_is_so_until_it_costs_what_is_usual() -> None:
    company = used_to(0.005)
    company.note([SLOW], 20, 0.4)
    company.note([SLOW], 20, 0.015)
    assert company.is_slow(SLOW)
    company.note([SLOW], 20, 0.009)
    assert not company.is_slow(SLOW)
    assert is_free(company, SLOW)


def test_one_transaction_as_long_as_usual_clears_all_that_were_in_it() -> None:
    company = used_to(0.005)
    company.note([SLOW, *CALM], 20, 0.4)
    assert company.most(CALM[0]) == 4
    company.note(CALM[:3], 20, 0.006)
    assert [is_free(company, partition) for partition in (SLOW, *CALM)] == [False, True, True, True, False, False, False, False]


def test_where_everything_is_slow_nobody_is_for_long() -> None:
    company = used_to(0.05)
    for _ in range(20):
        company.note(CALM, 20, 2.0)
    assert all(is_free(company, partition) for partition in CALM)


def test_a_large_batch_is_not_slow() -> None:
    company = used_to(0.004, records=1)
    company.note(CALM, 500, 0.2)
    assert is_free(company, CALM[0])


def test_a_transaction_has_its_price_however_few_records_are_in_it() -> None:
    company = used_to(0.5, records=500)
    company.note(CALM, 5, 0.12)
    assert is_free(company, CALM[0])


def test_what_is_soon_over_is_not_slow_however_little_it_was() -> None:
    company = used_to(0.001)
    company.note(CALM, 1, 0.015)
    assert is_free(company, CALM[0])


def test_the_first_transaction_of_all_has_nothing_to_be_slow_beside() -> None:
    company = Company()
    company.note([SLOW], 1, 5.0)
    assert is_free(company, SLOW)


def test_a_slow_one_is_taken_in_parts_that_do_not_take_long() -> None:
    company = used_to(0.005)
    assert company.most_records(SLOW) == sys.maxsize
    company.note([SLOW], 20, 0.4)
    assert company.most_records(SLOW) == 12
    company.note([SLOW], 12, 4.8)
    assert company.most_records(SLOW) == 1
    company.note([SLOW], 1, 0.005)
    assert company.most_records(SLOW) == sys.maxsize


def test_a_slow_one_that_gets_better_is_taken_in_larger_parts_before_it_is_slow_no_more() -> None:
    company = used_to(0.005)
    company.note([SLOW], 12, 4.8)
    assert company.most_records(SLOW) == 1
    company.note([SLOW], 1, 0.0125)
    assert (company.is_slow(SLOW), company.most_records(SLOW)) == (True, 20)
