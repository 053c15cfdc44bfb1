"""Whatever is told of a charge, in whatever order: its accounts balance, its cost is shared out whole, its ledger only grows."""

from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.rules.books import Balance, missing
from hub.rules.decision import Change, Facts, Keep, Wait
from hub.rules.folding import NOTHING, Folded, Told, fold, fold_all
from hub.rules.freight import accounts, told
from hub.rules.freight.charge import Charge
from hub.rules.order import in_order
from tests.support.carriage import base, rate
from tests.support.charging import RULES, SUBJECT, Paper

BASE = base(rate("PLN-EUR", 234_560_000))
HOURS = st.integers(-2, 6)
AMOUNTS = st.sampled_from([-500, 0, 1, 1_938, 15_200, 15_201, 20_000, 10**11])
INVOICES = st.sampled_from(["I-1", "I-2"])
CURRENCIES = st.sampled_from(["EUR", "EUR", "EUR", "PLN"])
GOODS = st.lists(
    st.fixed_dictionaries(
        {"order": st.sampled_from(["ber-01/O-1#1", "4500200"]), "line": st.sampled_from(["10", "20"]), "quantity": st.integers(0, 3)},
        optional={"weight_kg": st.integers(0, 3_000), "value": st.just({"minor": 100, "currency": "EUR"})},
    ),
    min_size=1,
    max_size=4,
)
PLACES = st.sampled_from([{}, {"destination": {"country": "PL"}}, {"document": "LS-2"}])
CODES, LINES, NOTES = st.sampled_from(["freight", "fuel", "waiting"]), st.sampled_from(["l1", "l2"]), st.sampled_from(["C-1", "C-2"])


def word(name: str, *places: st.SearchStrategy[Any], named: dict[str, st.SearchStrategy[Any]] | None = None) -> st.SearchStrategy[Any]:
    """One word of a `Paper` with what it takes."""
    return st.tuples(st.just(name), st.tuples(*places), st.fixed_dictionaries(named or {}))


WORDS = st.one_of(
    st.tuples(st.just("despatched"), st.tuples(HOURS, GOODS).map(lambda taken: (taken[0], *taken[1])), PLACES),
    word("performed", st.sampled_from(["waiting", "express"]), st.integers(0, 4), HOURS),
    word("cancelled", HOURS),
    word("quoted", AMOUNTS, HOURS, named={"currency": CURRENCIES}),
    st.builds(
        lambda said, charges: (*said[:2], said[2] | charges),
        word("billed", HOURS, named={"invoice": INVOICES, "currency": CURRENCIES}),
        st.dictionaries(CODES, AMOUNTS, min_size=1),
    ),
    st.builds(
        lambda said, lines: (*said[:2], said[2] | lines),
        word("credited", HOURS, named={"invoice": INVOICES, "currency": CURRENCIES, "note": NOTES}),
        st.dictionaries(LINES, st.integers(0, 20_000), min_size=1),
    ),
    word("time_is_over", st.integers(-2, 6).map(lambda hours: hours + 7 * 24)),
    word("conceded", HOURS, named={"invoice": INVOICES}),
    word("answered", st.sampled_from(["granted", "refused"]), HOURS, named={"invoice": INVOICES}),
)


def written(words: list[tuple[str, tuple[Any, ...], dict[str, Any]]]) -> list[Told]:
    paper = Paper()
    for name, places, named in words:
        getattr(paper, name)(*places, **named)
    return paper.events


STORIES = st.lists(WORDS, max_size=8).map(written)


def by_currency(balances: list[Balance], account: str | None = None) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for balance in balances:
        if account in (None, balance.account):
            total[balance.currency] += balance.minor
    return {currency: minor for currency, minor in total.items() if minor}


@given(story=STORIES)
@settings(max_examples=80, deadline=None)
def test_accounts_balance_and_the_cost_is_shared_out_to_the_last_cent(story: list[Told]) -> None:
    charge = fold_all(SUBJECT, RULES, BASE, story).state
    if charge is not None:
        books = accounts.books(charge)
        assert by_currency(books) == {}
        shares = [Balance("cost", one["currency"], one["minor"]) for one in charge.allocations]
        assert by_currency(shares) == by_currency(books, "cost")


@given(story=STORIES, data=st.data())
@settings(max_examples=80, deadline=None)
def test_late_news_add_entries_and_change_none_and_the_ledger_ends_where_the_state_does(story: list[Told], data: st.DataObject) -> None:
    """Each arrival is folded again from all that came, as the engine does, and what the accounts lack is posted."""
    entries: list[Balance] = []
    arrived: list[Told] = []
    for event in data.draw(st.permutations(story)):
        arrived.append(event)
        state = fold_all(SUBJECT, RULES, BASE, arrived).state
        posted: dict[tuple[str, str], int] = defaultdict(int)
        for entry in entries:
            posted[entry.account, entry.currency] += entry.minor
        posting = missing(posted, accounts.books(state) if state else ())
        assert by_currency(posting) == {}
        entries += posting
    final = fold_all(SUBJECT, RULES, BASE, story).state
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        totals[entry.account, entry.currency] += entry.minor
    assert missing(totals, accounts.books(final) if final else ()) == []


@given(story=STORIES, data=st.data())
@settings(max_examples=80, deadline=None)
def test_a_charge_is_the_same_in_whatever_order_its_news_came_and_wherever_the_fold_went_on(story: list[Told], data: st.DataObject) -> None:
    whole = fold_all(SUBJECT, RULES, BASE, story)
    assert fold_all(SUBJECT, RULES, BASE, data.draw(st.permutations(story)))[:3] == whole[:3]
    ordered = in_order(story)
    cut = data.draw(st.integers(0, len(ordered)))
    half = fold(SUBJECT, RULES, BASE, NOTHING, ordered[:cut])
    start: Folded[Any] = half if half.state is not None else NOTHING  # what made no state is not stored
    assert fold(SUBJECT, RULES, BASE, start, ordered[cut:]).state == whole.state


@given(story=STORIES)
@settings(max_examples=80, deadline=None)
def test_every_event_has_an_answer_and_what_follows_from_it_can_be_said(story: list[Told]) -> None:
    state: Charge | None = None
    for event in story:
        verdict = RULES[event.lineage](state, event.body, Facts(SUBJECT, BASE))
        assert isinstance(verdict, Change | Keep | Wait)  # nothing is refused for what came before it
        if isinstance(verdict, Change):
            told.updated(state, verdict.state, SUBJECT, event.body, 1)
            list(told.disputed(state, verdict.state, SUBJECT, event.body, 1))
            list(told.withdrawn(state, verdict.state, SUBJECT, event.body, 1))
            state = verdict.state


@given(
    st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from(["EUR", "PLN"])), st.integers(-5, 5)),
    st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from(["EUR", "PLN"])), st.integers(-5, 5)),
)
def test_what_is_missing_brings_the_accounts_to_what_is_due(posted: dict[tuple[str, str], int], due: dict[tuple[str, str], int]) -> None:
    after: dict[tuple[str, str], int] = defaultdict(int, posted)
    for change in missing(posted, [Balance(*key, minor) for key, minor in due.items()]):
        assert change.minor
        after[change.account, change.currency] += change.minor
    assert {key: minor for key, minor in after.items() if minor} == {key: minor for key, minor in due.items() if minor}
