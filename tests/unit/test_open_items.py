"""Open items: what is owed of an invoice, and what was paid without being applied."""

from itertools import permutations

from contracts.contract import Event
from hub.consumers.erp_orders import erp_orders
from hub.rules import open_items
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Reject, Subject, Wait
from hub.rules.folding import fold_all
from tests.support.engine import NOON
from tests.support.ordering import ORDER, OTHER, credited, invoiced, item_of, paid, reversed_, told

INVOICE = invoiced(1, "RE-1", (ORDER, 1, 3_000), (OTHER, 2, 2_000))


def test_an_invoice_is_open_until_it_is_settled() -> None:
    said = [INVOICE, credited(2, "GS-1", "RE-1", (OTHER, 1, 1_000)), paid(3, "ZE-1", ("RE-1", ORDER, 3_000))]
    opens = [item_of(said[:n], "invoice/RE-1").open_minor for n in (1, 2, 3)]
    assert opens == [5_000, 4_000, 1_000]
    item = item_of(said, "invoice/RE-1")
    assert (item.dealer, item.customer, item.currency, item.orders) == ("ber-01", "C-1", "EUR", [ORDER, OTHER])
    assert (item.net_minor, item.margin_minor) == (4_000, 1_000), "the credit note said nothing of what was earned"


def test_papers_count_in_any_order() -> None:
    receipt = paid(3, "ZE-1", ("RE-1", ORDER, 3_000))
    said = [INVOICE, credited(2, "GS-1", "RE-1", (OTHER, 1, 1_000)), receipt, reversed_(4, "ZS-1", receipt)]
    found = {item_of(shuffled, "invoice/RE-1").open_minor for shuffled in permutations(said)}
    assert found == {4_000}


def test_what_a_receipt_does_not_apply_is_in_the_customers_favour() -> None:
    receipt = paid(3, "ZE-1", ("RE-1", ORDER, 3_000), amount=3_500)
    assert item_of([receipt], "receipt/ZE-1").open_minor == -500
    assert item_of([receipt, reversed_(4, "ZS-1", receipt)], "receipt/ZE-1").open_minor == 0
    assert item_of([reversed_(4, "ZS-1", receipt)], "receipt/ZE-1").open_minor == 0


def test_a_reversal_without_lines_takes_back_only_a_receipt_that_had_none() -> None:
    rules, subject, bare = erp_orders.stores["open_items"].rules, Subject("erp", "receipt/ZE-1"), paid(3, "ZE-1", amount=500)
    found = [
        fold_all(subject, rules, BaseData(), told([*before, reversed_(4, "ZS-1", bare)])).verdicts[-1][1]
        for before in ([], [bare], [paid(3, "ZE-1", ("RE-1", ORDER, 500))])
    ]
    assert found[0] == Wait("receipt", "ZE-1")
    assert isinstance(found[1], Change)
    assert found[2] == Reject("lines", "those of the receipt")


def test_a_payment_for_an_invoice_that_is_not_known_yet_is_kept() -> None:
    receipt = paid(3, "ZE-1", ("RE-1", ORDER, 3_000))
    item = item_of([receipt], "invoice/RE-1")
    assert (item.issued_at, item.open_minor, item.currency) == (None, -3_000, "EUR")
    assert item_of([receipt, INVOICE], "invoice/RE-1").open_minor == 2_000


def test_another_currency_settles_nothing() -> None:
    assert item_of([INVOICE, paid(3, "ZE-1", ("RE-1", ORDER, 3_000), currency="SEK")], "invoice/RE-1").open_minor == 5_000


def test_an_invoice_without_a_customer_is_the_dealers_own() -> None:
    assert item_of([invoiced(1, "RE-9", ("4500200", 1, 100), customer=None)], "invoice/RE-9").customer is None


def test_what_is_open_of_an_invoice_is_told_once_it_is_issued() -> None:
    receipt = paid(3, "ZE-1", ("RE-1", ORDER, 3_000))
    subject, because = Subject("erp", "invoice/RE-1"), Event(occurred_at=NOON)
    said = open_items.told(None, item_of([INVOICE, receipt], subject.ref), subject, because, 2)
    assert said is not None
    assert (said.invoice, said.customer, said.amount_minor, said.open_minor, said.revision) == ("RE-1", "C-1", 5_000, 2_000, 2)
    assert open_items.told(None, item_of([receipt], subject.ref), subject, because, 1) is None
    assert open_items.told(None, item_of([receipt], "receipt/ZE-1"), Subject("erp", "receipt/ZE-1"), because, 1) is None


def test_a_paper_said_again_changes_nothing() -> None:
    receipt = paid(3, "ZE-1", ("RE-1", ORDER, 3_000))
    once = [INVOICE, credited(2, "GS-1", "RE-1", (OTHER, 1, 1_000)), receipt]
    assert item_of([*once, *once], "invoice/RE-1") == item_of(once, "invoice/RE-1")
