"""Read a CRM's export from a folder of CSV files and publish what it tells, as history."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel

from contracts.base.v1 import BaseDatum
from contracts.contract import Event, Lineage
from contracts.topics import DEALER_EVENTS
from hub.errors import InputError
from hub.producers import csv_rows
from hub.producers.crm_cells import Cells, Known
from hub.producers.crm_mapping import CustomerSheet, Mapping, OpportunitySheet, ProductSheet, StaffSheet
from hub.producers.crm_report import Refusal, Refused, Report
from hub.producers.crm_subjects import Telling, Whole, customer, member, opportunity, product
from hub.producers.csv_rows import Broken, Sheet
from hub.producers.publisher import Publisher

_NAMES = uuid5(NAMESPACE_URL, "urn:hub:crm-export")


class Said(NamedTuple):
    """One event of the export; its id follows from all that it says, so a second import says nothing new."""

    lineage: Lineage[Any]
    body: Event
    id: str


class Export(NamedTuple):
    """What an export tells: the dealer's events in their order, base data for the OEM to apply, and the report."""

    dealer: str
    events: list[Said]
    base: list[BaseDatum]
    report: Report

    @property
    def source(self) -> str:
        """The CloudEvents source of its events."""
        return f"/dealers/{self.dealer}/crm-export"


_AnySheet = CustomerSheet | OpportunitySheet | ProductSheet | StaffSheet


def read(folder: Path, dealer: str, mapping: Mapping, *, now: datetime, as_of: date | None = None) -> Export:
    """Read a whole export; lines that cannot be right are refused one by one and told in the report.

    `as_of` is the day of the export: the latest day in it that is not in the future, unless told.
    Raises InputError where the dealer's id cannot be one, a file or a column is missing, or no day can be found.
    """
    try:
        DEALER_EVENTS.of(dealer)
    except ValueError:
        raise InputError("--dealer", "1 to 40 of a-z, 0-9 and -", dealer) from None
    customers, opportunities = _sheet(folder, mapping.customers, mapping), _sheet(folder, mapping.opportunities, mapping)
    products = _sheet(folder, mapping.products, mapping) if mapping.products else None
    staff = _sheet(folder, mapping.staff, mapping) if mapping.staff else None
    day = as_of or _latest(opportunities, mapping, now)
    if day is None:
        raise InputError("--as-of", "the day of the export, as no file of it tells one")
    whole = Whole(
        mapping,
        dealer,
        day,
        now,
        Known(_names(customers, mapping.customers.columns.customer)),
        Known(_names(products, mapping.products.columns.id)) if products and mapping.products else None,
        Known(_names(staff, mapping.staff.columns.id)) if staff and mapping.staff else None,
    )
    report, base = Report(), list[BaseDatum]()
    for sheet, told, tell in ((products, mapping.products, product), (staff, mapping.staff, member)):
        if sheet and told:
            base += [body for _, (_, body) in _told(sheet, told.columns, "id", whole, report, tell) if isinstance(body, BaseDatum)]
    events = [
        Said(lineage, body, _id(dealer, kind, key, lineage, body))
        for kind, sheet, columns, tell in (
            ("customer", customers, mapping.customers.columns, customer),
            ("opportunity", opportunities, mapping.opportunities.columns, opportunity),
        )
        for key, (lineage, body) in _told(sheet, columns, kind, whole, report, tell)
    ]
    return Export(dealer, events, base, report)


async def publish(export: Export, publisher: Publisher, progress: Callable[[], object] = lambda: None) -> None:
    """Say it all through the dealer's topic; it folds, but asks, reminds and tells nobody."""
    topic = DEALER_EVENTS.of(export.dealer)
    await publisher.require(topic)
    for said in export.events:
        await publisher.publish(topic, said.lineage, said.body, source=export.source, id=said.id, historical=True)
        progress()


def _sheet(folder: Path, told: _AnySheet, mapping: Mapping) -> Sheet:
    if not folder.is_dir():
        raise InputError(str(folder), "a folder of CSV files")
    found = sorted(path for path in folder.glob(told.file) if path.is_file())
    if len(found) != 1:
        got = ", ".join(path.name for path in found) or "none"
        raise InputError(f"{folder.name}/{told.file}", "exactly one file of that name (the mapping's `file`)", got)
    sheet = csv_rows.read(found[0], encoding=mapping.encoding, delimiter=mapping.delimiter)
    missing = [column for column in _columns(told.columns) if column not in sheet.columns]
    if missing:
        raise InputError(f"{sheet.name}: column {missing[0]}", "to be there, as the mapping names it", ", ".join(sheet.columns)[:300])
    return sheet


def _columns(columns: BaseModel) -> list[str]:
    return [column for _, column in columns if column is not None]


def _names(sheet: Sheet | None, column: str) -> Iterator[str]:
    for row in sheet.rows if sheet else ():
        if not isinstance(row, Broken) and row.fields[column]:
            yield row.fields[column]


def _latest(sheet: Sheet, mapping: Mapping, now: datetime) -> date | None:
    columns = mapping.opportunities.columns
    cells = {row.fields[column] for row in sheet.rows if not isinstance(row, Broken) for column in (columns.opened, columns.closed)}
    days = {day for cell in cells if cell and (day := mapping.day(cell)) is not None and mapping.moment(day) <= now}
    return max(days, default=None)


def _told(
    sheet: Sheet,
    columns: BaseModel,
    key: str,
    whole: Whole,
    report: Report,
    tell: Callable[[Cells, Whole], Iterable[Telling]],
) -> Iterator[tuple[str, Telling]]:
    first: dict[str, int] = {}
    for row in sheet.rows:
        if isinstance(row, Broken):
            report.refusals.append(Refusal(sheet.name, *row))
            continue
        cells = Cells(sheet.name, row, columns, whole.mapping, report)
        repaired = len(report.repairs)
        try:
            ref = cells.required(key)
            if ref in first:
                raise cells.refused(key, f"a key of its own; line {first[ref]} has the same")
            tellings = list(tell(cells, whole))
        except Refused as refused:
            del report.repairs[repaired:]  # a line is imported or refused, never half of each
            report.refusals.append(Refusal(sheet.name, row.line, refused.field, refused.expected))
            continue
        first[ref] = row.line
        yield from ((ref, telling) for telling in tellings)
    unused = tuple(column for column in sheet.columns if column and column not in _columns(columns))
    report.close(sheet.name, len(sheet.rows), unused)


def _id(dealer: str, kind: str, key: str, lineage: Lineage[Any], body: Event) -> str:
    return str(uuid5(_NAMES, "\0".join((dealer, kind, key, lineage.wire, body.model_dump_json(exclude_none=True)))))
