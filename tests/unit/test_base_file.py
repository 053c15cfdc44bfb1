"""Base data in a file: every fault is told with its line, nothing is passed over, nothing is retired in place."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from contracts.base import COMPETITOR_RECORDED, LossReason, SalesModel
from hub.errors import HubError
from hub.operations.base import tellings
from hub.operations.base_file import STARTER, BaseFile, Laid, parse, read, write
from hub.operations.base_plan import Difference, Step, as_data, plan, told
from hub.rules import base as rules
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Facts, Subject
from hub.state.base_editions import StoredEdition
from tests.support.passes import a_pass

THEN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
REASONS = """
loss_reason:
  - {id: price, name: Price}
  - {id: colour, name: Colour}
"""


def stored(file: BaseFile, told_at: datetime = THEN) -> list[StoredEdition]:
    """The file's editions as the consumer of base data keeps them."""
    rows = []
    for _, datum in file.editions:
        decision = rules.recorded(None, datum, Facts(Subject("oem", datum.edition), BaseData()))
        assert isinstance(decision, Change)
        kind, ref, since, retired, body = decision.state
        rows.append(StoredEdition(kind, ref, since, retired, told_at, dict(body)))
    return rows


def steps(text: str, before: str = REASONS) -> list[Step]:
    return plan(parse(text, "f.yaml").editions, stored(parse(before, "before.yaml")), "f.yaml")


def test_what_is_written_is_read_again() -> None:
    file = read(STARTER)
    again = parse(write(laid.datum for laid in file.editions), "again.yaml")
    assert {datum.edition: told(datum) for _, datum in again.editions} == {datum.edition: told(datum) for _, datum in file.editions}
    assert parse(write([]), "empty.yaml").editions == []


def test_what_is_stored_is_as_it_should_be() -> None:
    file = read(STARTER)
    assert {step.what for step in plan(file.editions, stored(file))} == {"unchanged"}
    assert [told(datum) for datum in as_data(stored(file))] == [told(laid.datum) for laid in file.editions]


def test_the_starter_carries_an_imported_sale_from_prospecting_to_its_end() -> None:
    [model] = [laid.datum for laid in read(STARTER).editions if isinstance(laid.datum, SalesModel)]
    assert model.id == "standard"
    prospecting, engaging = model.stage("prospecting"), model.stage("engaging")
    assert prospecting is not None
    assert engaging is not None
    assert not prospecting.moves or "engaging" in prospecting.moves
    assert engaging.may_win
    assert engaging.may_lose
    assert not prospecting.may_win


@pytest.mark.parametrize(
    ("text", "told_there"),
    [
        ("loss_reason:\n  - {id: a, name: A}\n  - {id: 'a b', name: A}\n", "f.yaml:3: loss_reason[1].id: expected 1 to 40 of a-z"),
        ("loss_reason:\n  - {id: a}\n", "f.yaml:2: loss_reason[0].name: expected"),
        ("loss_reason:\n  - id: a\n    name: A\n    retierd: true\n", "f.yaml:4: loss_reason[0].retierd: expected one of id,"),
        ("loss_reason:\n  - {id: a, name: A, occurred_at: 2026-01-01T00:00:00Z}\n", "loss_reason[0].occurred_at: expected one of"),
        ("loss_reason:\n  - {id: a, name: A}\n  - {id: a, name: B}\n", "f.yaml:3: loss_reason[1]: expected each edition once; line 2"),
        ("loss_reason:\n  - {id: a, name: A, effective_from: 2026-02-30}\n", "f.yaml: expected values as YAML has them"),
        ("loss_reason:\n  - {id: a, name: A, effective_from: soon}\n", "f.yaml:2: loss_reason[0].effective_from: expected a day"),
        ("loss_reason: {id: a, name: A}\n", "f.yaml:1: loss_reason: expected a list"),
        ("loss_reason:\n  - a\n", "f.yaml:2: loss_reason[0]: expected the fields of a loss_reason"),
        ("product:\n  - {id: a, name: A}\nproduct:\n  - {id: b, name: B}\n", "f.yaml:3: product: expected each name once"),
        ("price:\n  - {id: a, name: A}\n", "f.yaml:1: price: expected one of dealer, staff"),
        ("- a\n", "f.yaml:1: file: expected a mapping of dealer"),
        ("laid_down: yesterday\n", "f.yaml:1: laid_down: expected a moment"),
        ("laid_down: 2026-01-01 10:00:00\n", "f.yaml:1: laid_down: expected a moment"),
        ("a: [b\n", "f.yaml:2: expected YAML"),
        (
            "sales_model:\n  - id: m\n    name: M\n    stages:\n      - {id: b, name: B, probability: 101}\n",
            "f.yaml:5: sales_model[0].stages[0].probability: expected",
        ),
        (
            "sales_model:\n  - id: m\n    name: M\n    stages:\n      - {id: a, name: A, probability: 10, mvoes: [b]}\n",
            "f.yaml:5: sales_model[0].stages[0].mvoes: expected",
        ),
    ],
)
def test_a_fault_is_told_with_its_line_and_field(text: str, told_there: str) -> None:
    with pytest.raises(HubError) as error:
        parse(text, "f.yaml")
    assert told_there in str(error.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(HubError) as error:
        parse("loss_reason:\n" + "  - {id: a}\n" * 30, "f.yaml")
    assert str(error.value).count("loss_reason[") == 20
    assert "… and 10 more" in str(error.value)


def test_what_is_new_and_what_changes_is_told_field_by_field() -> None:
    new, changed, same = steps(
        "loss_reason:\n  - {id: range, name: Range}\n  - {id: price, name: Too dear}\n  - {id: colour, name: Colour}\n"
    )
    assert (new.what, changed.what, same.what) == ("new", "changed", "unchanged")
    assert changed.differences == (Difference("name", "Price", "Too dear"),)


def test_a_stage_that_is_changed_added_or_moved_is_told_by_its_id() -> None:
    def model(*stages: str) -> str:
        return "sales_model:\n  - id: m\n    name: M\n    stages:\n" + "".join(f"      - {stage}\n" for stage in stages)

    a, b, c = (f"{{id: {ref}, name: X, probability: 10}}" for ref in "abc")
    [step] = steps(model(b, a.replace("10", "20"), c), before=model(a, b))
    assert [(change.path, change.becomes) for change in step.differences] == [
        ("stages.a.probability", 20),
        ("stages.c", {"id": "c", "name": "X", "probability": 10, "ageing_days": None, "moves": [], "may_win": True, "may_lose": True}),
        ("stages", ["b", "a", "c"]),
    ]


def test_what_names_staff_is_masked_and_still_found_to_change() -> None:
    new, changed, same = steps(
        "staff:\n  - {id: Ada Wold, name: Ada Wold}\n  - {id: s-2, name: Bo Lind, manager: Ada Wold}\n  - {id: s-3, name: Cy}\n",
        before="staff:\n  - {id: s-2, name: Bo Lund, manager: Di Wald}\n  - {id: s-3, name: Cy}\n",
    )
    assert (new.what, new.edition, new.name) == ("new", "staff/<text, 8>@1900-01-01", "<text, 8>")
    assert changed.edition == "staff/s-2@1900-01-01"
    assert changed.differences == (Difference("name", "<text, 7>", "<text, 7>"), Difference("manager", "<text, 7>", "<text, 8>"))
    assert same.what == "unchanged"


def test_a_reason_is_retired_by_a_new_edition_and_never_in_place() -> None:
    [step] = steps("loss_reason:\n  - {id: price, name: Price, retired: true, effective_from: 2026-07-01}\n")
    assert step.what == "new"
    assert isinstance(step.datum, LossReason)
    assert step.datum.effective_from == date(2026, 7, 1)
    with pytest.raises(HubError, match=r"f.yaml:2: loss_reason/price@1900-01-01: effective_from: expected the day"):
        steps("loss_reason:\n  - {id: price, name: Price, retired: true}\n")


@pytest.mark.parametrize("ended", [None, NOW.replace(month=7)])
def test_a_file_from_before_a_pass_was_revoked_does_not_bring_it_back(ended: datetime | None) -> None:
    [revoked] = stored(BaseFile("stored", [Laid(1, a_pass("mira", revoked_at=NOW))]))
    with pytest.raises(HubError, match=rf"f.yaml:2: staff_pass/{revoked.id}@.*: revoked_at: expected no later than 2026-06-01T"):
        plan([Laid(2, a_pass("mira", revoked_at=ended))], [revoked], "f.yaml")
    [same, sooner] = (plan([Laid(2, a_pass("mira", revoked_at=at))], [revoked])[0].what for at in (NOW, THEN))
    assert (same, sooner) == ("unchanged", "changed")


def test_whose_a_pass_is_is_masked_in_a_plan_as_a_member_of_staff_is() -> None:
    [was] = stored(BaseFile("stored", [Laid(1, a_pass("Ada Wold"))]))
    held = a_pass("Ada Wold", may=("approve",)).model_copy(update={"staff": "Ada Wald"})
    [step] = plan([Laid(1, held)], [was])
    assert step.name == ""
    assert Difference("staff", "<text, 8>", "<text, 8>") in step.differences
    assert Difference("may", ["prepare", "approve", "release"], ["approve"]) in step.differences


def test_a_file_that_names_its_moment_says_the_same_under_the_same_ids() -> None:
    file = read(STARTER)
    first, second = (tellings(file, plan(file.editions, []), now) for now in (NOW, NOW.replace(year=2031)))
    assert first == second
    assert len({telling.id for telling in first}) == len(file.editions)
    assert tellings(file, plan(file.editions, stored(file)), NOW) == []


def test_what_was_told_since_the_files_moment_is_told_again_now_so_that_it_counts() -> None:
    file = parse("laid_down: 2020-01-01T00:00:00Z\nloss_reason:\n  - {id: price, name: Too dear}\n", "f.yaml")
    [telling] = tellings(file, plan(file.editions, stored(parse(REASONS, "b"))), NOW)
    assert telling.body.occurred_at == NOW


def test_a_change_there_and_back_has_three_ids() -> None:
    def say(name: str, now: datetime, before: str) -> str:
        file = parse(f"loss_reason:\n  - {{id: price, name: {name}}}\n", "f.yaml")
        [telling] = tellings(file, plan(file.editions, stored(parse(before, "b"))), now)
        return telling.id

    dear = REASONS.replace("name: Price", "name: Dear")
    ids = {say("Price", THEN, ""), say("Dear", NOW, REASONS), say("Price", NOW.replace(month=7), dear)}
    assert len(ids) == 3


def test_a_field_that_came_after_the_edition_was_stored_is_no_change() -> None:
    [row] = stored(parse("competitor:\n  - {id: kites, name: Kites, products: [One]}\n", "b"))
    older: dict[str, Any] = {name: value for name, value in row.body.items() if name != "strengths"}
    [step] = plan(parse("competitor:\n  - {id: kites, name: Kites, products: [One]}\n", "f").editions, [row._replace(body=older)])
    assert step.what == "unchanged"
    assert COMPETITOR_RECORDED.body.KIND == step.datum.KIND
