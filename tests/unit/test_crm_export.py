"""An export is taken over whole: each line imported, repaired as far as is sure, or refused with its place."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from contracts.contract import Event
from contracts.customers import CustomerRecorded
from contracts.opportunities import OpportunityLost, OpportunityMoved, OpportunityOpened, OpportunityWon
from hub.errors import InputError
from hub.producers.crm_export import Export, read
from hub.producers.crm_mapping import load
from tests.support.crm_export import generate

NOW = datetime(2020, 1, 1, 12, tzinfo=UTC)
Exported = Callable[..., Export]

ACCOUNTS = "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
PIPELINE = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
PRODUCTS = "product,series,sales_price\nKite One,Kite,550\n"
STAFF = "sales_agent,manager\nAda Wold,Dee Okafor\n"


@pytest.fixture
def exported(tmp_path: Path) -> Exported:
    """Read an export of these lines; a file given as bytes stands as it is."""

    def read_export(accounts: str | bytes = "", pipeline: str | bytes = "", **options: object) -> Export:
        for name, head, body in (
            ("accounts.csv", ACCOUNTS, accounts),
            ("sales_pipeline.csv", PIPELINE, pipeline),
            ("products.csv", "", PRODUCTS),
            ("sales_teams.csv", "", STAFF),
        ):
            (tmp_path / name).write_bytes(body if isinstance(body, bytes) else (head + body).encode())
        as_of = options.get("as_of", date(2019, 6, 30))
        assert as_of is None or isinstance(as_of, date)
        return read(tmp_path, str(options.get("dealer", "ber-01")), load(), now=NOW, as_of=as_of)

    return read_export


def test_an_id_that_no_dealer_can_have_is_refused_by_name(exported: Exported) -> None:
    with pytest.raises(InputError, match=r"--dealer: expected 1 to 40 of a-z, 0-9 and -, got 'BER\.01'"):
        exported(dealer="BER.01")


def bodies(export: Export) -> list[Event]:
    return [said.body for said in export.events]


def refusals(export: Export) -> list[tuple[str, int, str]]:
    return [(refusal.file, refusal.line, refusal.field) for refusal in export.report.refusals]


@pytest.mark.parametrize("seed", range(5))
def test_every_line_is_imported_or_refused_as_it_was_made(tmp_path: Path, seed: int) -> None:
    made = generate(tmp_path, seed)
    report = read(tmp_path, "ber-01", load(), now=NOW).report
    assert Counter((r.field, r.became) for r in report.repairs) == made.repairs
    assert Counter(r.field for r in report.refusals) == made.refused
    assert {name: report.tallies[name].lines for name in made.lines} == made.lines
    for tally in report.tallies.values():
        assert tally.imported + tally.refused == tally.lines
    assert report.tallies["x_sales_pipeline.csv"].unused_columns == ("shoe_size",)


def test_reading_twice_says_the_same_under_the_same_ids(tmp_path: Path) -> None:
    generate(tmp_path)
    first, second = (read(tmp_path, "ber-01", load(), now=NOW.replace(year=year)) for year in (2020, 2031))
    assert [(said.id, said.body) for said in first.events] == [(said.id, said.body) for said in second.events]
    assert len({said.id for said in first.events}) == len(first.events)


def test_the_name_of_the_file_is_no_part_of_the_ids(tmp_path: Path) -> None:
    generate(tmp_path)
    before = {said.id for said in read(tmp_path, "ber-01", load(), now=NOW).events}
    for path in tmp_path.iterdir():
        path.rename(tmp_path / path.name.removeprefix("x_"))
    assert {said.id for said in read(tmp_path, "ber-01", load(), now=NOW).events} == before


def test_another_dealer_or_other_content_has_other_ids(exported: Exported) -> None:
    line = "Kites Ltd,medical,1999,1.00,5,Norway,\n"
    one, other, changed = exported(line), exported(line, dealer="ber-02"), exported(line.replace("1999", "1998"))
    assert len({export.events[0].id for export in (one, other, changed)}) == 3


def test_a_customer_comes_with_all_that_the_line_says(exported: Exported) -> None:
    export = exported("Kites Ltd,technolgy,1999,12.34,5,Philipines,\n")
    [body] = bodies(export)
    assert isinstance(body, CustomerRecorded)
    assert body.revenue is not None
    assert (body.sector, body.founded, body.revenue.minor, body.revenue.currency) == ("technology", 1999, 1_234_000_000, "USD")
    assert (body.employees, body.country, body.occurred_at) == (5, "PH", datetime(2019, 6, 30, tzinfo=UTC))


def test_a_won_sale_is_opened_moved_and_won_in_that_order_even_on_one_day(exported: Exported) -> None:
    opened, moved, won = bodies(exported("", "O1,Ada Wold,KITE one,,Won,03-04-19,03-04-19,12.50\n"))
    assert isinstance(opened, OpportunityOpened)
    assert isinstance(moved, OpportunityMoved)
    assert isinstance(won, OpportunityWon)
    assert (opened.stage, opened.product, opened.amount) == ("prospecting", "Kite One", None)
    assert (moved.from_stage, moved.to_stage, won.stage) == ("prospecting", "engaging", "engaging")
    assert won.amount is not None
    assert won.amount.minor == 1250
    assert opened.occurred_at < moved.occurred_at < won.occurred_at
    assert opened.occurred_at.date() == won.occurred_at.date() == date(2019, 4, 3)


def test_a_lost_sale_says_that_reason_and_competitor_were_not_recorded(exported: Exported) -> None:
    *_, lost = bodies(exported("", "O1,Ada Wold,Kite One,,Lost,03-04-19,04-04-19,0\n"))
    assert isinstance(lost, OpportunityLost)
    assert (lost.reason, lost.competitor) == ("not_recorded", "not_recorded")


def test_the_latest_day_that_is_not_in_the_future_is_the_exports_own(exported: Exported) -> None:
    lines = "O1,,,,Prospecting,,,\nO2,,,,Engaging,03-04-19,,\nO3,,,,Engaging,01-01-67,,\n"
    export = exported("", lines, as_of=None)
    assert bodies(export)[0].occurred_at == datetime(2019, 4, 3, tzinfo=UTC)
    assert refusals(export) == [("sales_pipeline.csv", 4, "engage_date")]


def test_an_export_without_any_day_asks_for_it(exported: Exported) -> None:
    with pytest.raises(InputError, match="--as-of"):
        exported("", "O1,,,,Prospecting,,,\n", as_of=None)


def test_names_that_differ_only_in_blanks_and_case_are_repaired_only_if_one_can_be_meant(exported: Exported) -> None:
    export = exported("Kites Ltd,,,,,,\nKITES LTD,,,,,,\n", "O1,,,kites ltd,Engaging,03-04-19,,\n")
    opened = bodies(export)[2]
    assert isinstance(opened, OpportunityOpened)
    assert opened.customer is None
    assert [repair.became for repair in export.report.repairs] == ["left out: no account of that name"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("Kites Ltd,,x,,,,", "year_established"),
        ("Kites Ltd,,,-1,,,", "revenue"),
        ("Kites Ltd,,,0.000000001,,,", "revenue"),
        ("Kites Ltd,,,99999999999999999999,,,", "revenue"),
        ("Kites Ltd,,,,1.5,,", "employees"),
        ("Kites Ltd,,,,99999999999999999999,,", "employees"),
        ("Kites Ltd,,,,,,kites LTD", "subsidiary_of"),
        (",medical,,,,,", "account"),
        ("Kites  Ltd,,,,,,", "account"),
        ("Kites\x07Ltd,,,,,,", "account"),
        ('"Kites\nLtd",,,,,,', "account"),
        ("Kites \u202eLtd,,,,,,", "account"),
        ("K" * 101 + ",,,,,,", "account"),
        ("Kites Ltd," + "s" * 301 + ",,,,,", "sector"),
        ("Kites Ltd,s\0,,,,,", "sector"),
    ],
)
def test_a_line_that_cannot_be_right_is_refused_by_its_column_and_the_rest_goes_on(exported: Exported, line: str, field: str) -> None:
    export = exported(f"{line}\nHerons Ltd,,,,,,\n")
    assert [(name, at) for _, at, name in refusals(export)] == [(field, 2)]
    assert [body.customer for body in bodies(export) if isinstance(body, CustomerRecorded)] == ["Herons Ltd"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("O1,,,,Thinking,03-04-19,,", "deal_stage"),
        ("O1,,,,,03-04-19,,", "deal_stage"),
        ("O1,,,,Engaging,,,", "engage_date"),
        ("O1,,,,Engaging,2019-02-30,,", "engage_date"),
        ("O1,,,,Won,03-04-19,,5", "close_date"),
        ("O1,,,,Won,03-04-19,02-04-19,5", "close_date"),
        ("O1,,,,Won,03-04-19,02-04-20,5", "close_date"),
        ("O1,,,,Won,03-04-19,04-04-19,-5", "close_value"),
        ("O1,,,,Won,03-04-19,04-04-19,5.001", "close_value"),
        ("O1,,,,Won,03-04-19,04-04-19,1e3", "close_value"),
        ("O1,,,,Won,03-04-19,04-04-19,NaN", "close_value"),
    ],
)
def test_an_opportunity_that_cannot_be_right_is_refused(exported: Exported, line: str, field: str) -> None:
    export = exported("", f"{line}\nO2,,,,Engaging,03-04-19,,\n")
    assert [(name, at) for _, at, name in refusals(export)] == [(field, 2)]
    assert not export.report.repairs or all(repair.line == 3 for repair in export.report.repairs)
    assert {said.lineage.ref(said.body) for said in export.events} == {"O2"}


def test_a_quote_that_never_closes_costs_one_line(exported: Exported) -> None:
    export = exported('"Kites Ltd,,,,,,\nHerons Ltd,,,,,,\nSwifts "Ltd",,,,,,\nTerns Ltd,,,,,,\n')
    assert [at for _, at, _ in refusals(export)] == [2]
    assert [body.customer for body in bodies(export) if isinstance(body, CustomerRecorded)] == ["Herons Ltd", 'Swifts "Ltd"', "Terns Ltd"]


def test_a_field_may_span_lines_and_hold_quotes(tmp_path: Path, exported: Exported) -> None:
    (tmp_path / "notes.yaml").write_text(MINIMAL.replace("name: account", "name: account\n    note: sector"))
    exported('Kites Ltd,"first, with ""quotes""\r\nsecond",,,,,\r\n')
    export = read(tmp_path, "ber-01", load(tmp_path / "notes.yaml"), now=NOW, as_of=date(2019, 6, 30))
    [body] = bodies(export)
    assert isinstance(body, CustomerRecorded)
    assert body.note == 'first, with "quotes"\nsecond'


def test_a_line_that_is_refused_is_not_told_as_repaired(exported: Exported) -> None:
    export = exported("Kites Ltd,technolgy,,-1,,,\n")
    assert [at for _, at, _ in refusals(export)] == [2]
    assert not export.report.repairs


def test_a_field_larger_than_a_csv_reader_takes_costs_one_line(exported: Exported) -> None:
    export = exported(f'Kites Ltd,"{"x" * 200_000}",,,,,\nHerons Ltd,,,,,,\n')
    assert [at for _, at, _ in refusals(export)] == [2]
    assert len(export.events) == 1


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_do_not_matter(exported: Exported, ending: str, mark: str) -> None:
    export = exported((mark + ACCOUNTS + "Kites Ltd,,,,,,\n\n").replace("\n", ending).encode())
    assert len(export.events) == 1
    assert not export.report.refusals


@pytest.mark.parametrize(
    ("accounts", "told"),
    [
        (b"", "accounts.csv: .*empty"),
        (b"\n\n", "accounts.csv: .*empty"),
        (ACCOUNTS.encode("utf-16"), "UTF-16"),
        (ACCOUNTS.encode() + b"ok,,,,,,\nM\xfcller,,,,,,\n", "accounts.csv:3: expected text in utf-8"),
        (ACCOUNTS.replace(",", ";").encode(), "accounts.csv: column account"),
        (ACCOUNTS.replace("sector", "branch").encode(), "accounts.csv: column sector"),
        (ACCOUNTS.replace("sector", "account").encode(), "each column once"),
        (b'"account', "accounts.csv:1"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_name(exported: Exported, accounts: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        exported(accounts)


def test_a_missing_or_ambiguous_file_is_told(exported: Exported, tmp_path: Path) -> None:
    exported()
    (tmp_path / "old_accounts.csv").write_text(ACCOUNTS)
    with pytest.raises(InputError, match="exactly one file"):
        read(tmp_path, "ber-01", load(), now=NOW)
    with pytest.raises(InputError, match="a folder"):
        read(tmp_path / "nowhere", "ber-01", load(), now=NOW)


def test_a_header_alone_is_an_export_of_nothing(exported: Exported) -> None:
    export = exported()
    assert not export.events
    assert export.report.tallies["accounts.csv"].lines == 0


def test_products_and_salespeople_are_left_to_the_oem(exported: Exported) -> None:
    assert [datum.edition for datum in exported().base] == ["product/Kite One@1900-01-01", "staff/Ada Wold@1900-01-01"]


MINIMAL = """
dates: ["%Y-%m-%d"]
currency: JPY
customers:
  file: accounts.csv
  columns: {customer: account, name: account}
opportunities:
  file: sales_pipeline.csv
  columns: {opportunity: opportunity_id, stage: deal_stage, opened: engage_date, closed: close_date, amount: close_value}
  stages:
    Won: {path: [offer], outcome: won}
""".replace("{customer: account, name: account}", "\n    customer: account\n    name: account")


def test_a_mapping_of_ones_own_fits_another_crm(exported: Exported, tmp_path: Path) -> None:
    exported("Kites Ltd,,,,,,\n", "O1,x,y,z,Won,2019-04-03,2019-04-04,500\n")
    (tmp_path / "own.yaml").write_text(MINIMAL)
    export = read(tmp_path, "ber-01", load(tmp_path / "own.yaml"), now=NOW)
    won = bodies(export)[-1]
    assert isinstance(won, OpportunityWon)
    assert won.amount is not None
    assert (won.stage, won.amount.minor, won.amount.currency) == ("offer", 500, "JPY")


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("currency: JPY", "currency: yen", "currency"),
        ("%Y-%m-%d", "%Y-%m", "dates"),
        ("file: accounts.csv", "files: accounts.csv", "customers.file"),
        ("outcome: won", "outcome: maybe", "opportunities.stages.Won.outcome"),
        ("currency: JPY", "currency: JPY\nencoding: klingon", "encoding"),
        ("currency: JPY", "currency: JPY\ntimezone: Mars/North", "timezone"),
        ("currency: JPY", "currency: [JPY", "own.yaml:"),
    ],
)
def test_a_mapping_with_a_fault_is_told_by_its_field(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    (tmp_path / "own.yaml").write_text(MINIMAL.replace(was, becomes))
    with pytest.raises(InputError, match=told):
        load(tmp_path / "own.yaml")
