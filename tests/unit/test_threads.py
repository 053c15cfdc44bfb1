"""Of a vehicle's thread only what is about it is shown, and each step says how it stands."""

from contracts import orders, papers
from hub.rules.orders.subjects import of_order
from hub.rules.threads import consignments
from hub.rules.threads import of_order as steps_of
from tests.support.ordering import ORDER, Said, accepted, answer, at, call, order_of, paid, reversed_, won

FIRST, SECOND = "WVWZZZ1JZXW000001", "WVWZZZ1JZXW000002"


def with_vins(lineage: object, hours: float, document: str, *vins: str | None, **more: object) -> Said:
    """A paper with one piece of line 10 for each vehicle; None names none."""
    lines = [{"order": ORDER, "line": "10", "quantity": 1, **({"vin": vin} if vin else {}), **_money(lineage)} for vin in vins]
    return lineage, {"document": document, "occurred_at": at(hours), "lines": lines, **more}  # type: ignore[return-value]


def _money(lineage: object) -> dict[str, int]:
    return {"net": 1_000, "tax": 190} if lineage in {papers.INVOICE_ISSUED, papers.INVOICE_CREDITED} else {}


ACCOUNT = {"dealer": "ber-01", "currency": "EUR"}
LIFE = [
    won(0),
    accepted(1, quantity=2, promised="2026-05-20", number="4500123"),
    answer(
        orders.ORDER_SCHEDULED, 2, "LA-1", calls=[call("c1", 1, 1, (40, 44)) | {"vin": FIRST}, call("c2", 2, 1, (64, 68)) | {"vin": SECOND}]
    ),
    with_vins(papers.DELIVERY_DESPATCHED, 30, "LS-1", FIRST, carrier="nordfracht", consignment="NF-1"),
    with_vins(papers.DELIVERY_DESPATCHED, 50, "LS-2", SECOND, carrier="nordfracht", consignment="NF-2"),
    with_vins(papers.DELIVERY_RECEIVED, 41, "WE-1", FIRST),
    with_vins(papers.INVOICE_ISSUED, 42, "RE-1", FIRST, due="2026-06-01", **ACCOUNT),
    with_vins(papers.INVOICE_ISSUED, 60, "RE-2", None, due="2026-06-01", **ACCOUNT),
    (receipt := paid(70, "ZE-1", ("RE-1", ORDER, 1_190))),
    reversed_(75, "ZS-1", receipt),
]


def told(vin: str | None) -> list[tuple[str, str]]:
    steps = sorted(steps_of(of_order(ORDER), order_of(LIFE), vin, {}), key=lambda step: step.at)
    return [(step.what, step.which) for step in steps]


def test_papers_of_another_vehicle_are_left_out_and_those_that_name_none_kept() -> None:
    assert order_of(LIFE).vins == [FIRST, SECOND]
    assert told(FIRST) == [
        ("order", ORDER),
        ("accepted", "4500123"),
        ("despatch", "LS-1"),
        ("arrival", "WE-1"),
        ("invoice", "RE-1"),
        ("call-off", "c1"),
        ("invoice", "RE-2"),
        ("receipt", "ZE-1"),
    ]
    assert [which for what, which in told(SECOND) if what in {"despatch", "arrival", "call-off", "receipt"}] == ["LS-2", "c2"]
    assert len(told(None)) > len(told(FIRST))


def test_a_vehicle_that_no_paper_names_has_all_of_the_order_that_it_was_bought_by() -> None:
    assert told("WVWZZZ1JZXW000009") == told(None)


def test_each_step_says_how_it_stands() -> None:
    words = {(step.what, step.which): step.words for step in steps_of(of_order(ORDER), order_of(LIFE), FIRST, {})}
    assert words["accepted", "4500123"] == "2 pieces, promised for 2026-05-20"
    assert words["despatch", "LS-1"] == "1 piece on nordfracht NF-1"
    assert words["call-off", "c1"] == "1 piece, window met"
    assert words["invoice", "RE-1"] == "11.90 EUR, due 2026-06-01"
    assert words["receipt", "ZE-1"] == "11.90 EUR for RE-1, taken back"


def test_references_that_look_like_none_are_masked_within_words_too() -> None:
    carried = {"carrier": "nordfracht", "consignment": "Anna Beispiel"}
    life = [
        accepted(1, quantity=1, number="4500123"),
        with_vins(papers.DELIVERY_DESPATCHED, 30, "LS-1", FIRST, **carried),
        with_vins(papers.INVOICE_ISSUED, 42, "Anna Beispiel", FIRST, due="2026-06-01", **ACCOUNT),
        paid(70, "ZE-1", ("Anna Beispiel", ORDER, 1_190)),
    ]
    words = {step.what: step.words for step in steps_of(of_order(ORDER), order_of(life), FIRST, {})}
    assert words["despatch"] == "1 piece on nordfracht <text, 13>"
    assert words["receipt"] == "11.90 EUR for <text, 13>"


def test_consignments_are_those_that_advices_name() -> None:
    assert [one.ref for one in consignments([order_of(LIFE)])] == ["NF-1", "NF-2"]
