"""Read the cells of one line as the mapping means them, repairing only what is surely meant."""

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from contracts.contract import findings
from contracts.values import Money
from hub.producers.crm_mapping import Mapping
from hub.producers.crm_report import Refused, Repair, Report
from hub.producers.csv_rows import Row

M = TypeVar("M", bound=BaseModel)


class Known:
    """Names that another file of the export lists; found also where case or blanks differ, if only one name can be meant."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._squeezed: dict[str, str | None] = {}
        for name in self._names:
            squeezed = _squeeze(name)
            self._squeezed[squeezed] = None if squeezed in self._squeezed else name

    def find(self, text: str) -> str | None:
        """The name as it is listed."""
        return text if text in self._names else self._squeezed.get(_squeeze(text))


def _squeeze(text: str) -> str:
    return "".join(text.split()).casefold()


class Cells:
    """One line, read by the fields of the mapping; what cannot be right raises Refused with its column."""

    def __init__(self, file: str, row: Row, columns: BaseModel, mapping: Mapping, report: Report) -> None:
        self._file, self._row, self._columns, self._mapping, self._report = file, row, columns, mapping, report

    def column(self, field: str) -> str:
        """Where the export has a field; the field's own name where it has none."""
        return getattr(self._columns, field, None) or field

    def text(self, field: str) -> str | None:
        """What stands there, None where nothing does."""
        column = getattr(self._columns, field, None)
        return self._row.fields[column] or None if column else None

    def required(self, field: str) -> str:
        """What stands there; refuses an empty cell."""
        text = self.text(field)
        if text is None:
            raise self.refused(field, "not to be empty")
        return text

    def day(self, field: str) -> date | None:
        """The day that stands there."""
        text = self.text(field)
        if text is None:
            return None
        day = self._mapping.day(text)
        if day is None:
            raise self.refused(field, f"a day written as {' or '.join(self._mapping.dates)}")
        return day

    def count(self, field: str) -> int | None:
        """The whole number that stands there, not below zero."""
        text = self.text(field)
        if text is None:
            return None
        number = self._mapping.number(text)
        if number is None or number < 0 or number != number.to_integral_value():
            raise self.refused(field, "a whole number, not below zero")
        return int(number)

    def money(self, field: str, unit: int = 1) -> Money | None:
        """The amount that stands there, counted in units, not below zero."""
        text = self.text(field)
        if text is None:
            return None
        number = self._mapping.number(text)
        if number is None or number < 0:
            raise self.refused(field, f"a number with {self._mapping.decimal!r} before its decimals, not below zero")
        minor = self._mapping.minor(number * unit)
        if minor is None:
            raise self.refused(field, f"an amount no finer than the minor unit of {self._mapping.currency}")
        return self.made(Money, field, minor=minor, currency=self._mapping.currency)

    def spelt(self, field: str, spellings: dict[str, str]) -> str | None:
        """What stands there, known misspellings put right."""
        text = self.text(field)
        if text is None or text not in spellings:
            return text
        self.repair(field, spellings[text])
        return spellings[text]

    def country(self, field: str) -> str | None:
        """The code of the country that stands there; left out, and told, where the mapping does not know it."""
        name = self.spelt(field, self._mapping.spelling.country)
        if name is None or name in self._mapping.countries.values():
            return name
        found = Known(self._mapping.countries).find(name)
        if found is None:
            self.repair(field, "left out: a country that the mapping does not know")
            return None
        return self._mapping.countries[found]

    def listed(self, field: str, known: Known, otherwise: str | None = None) -> str | None:
        """The name as another file lists it; one that is not listed stays as it is or, with `otherwise`, is left out."""
        text = self.text(field)
        found = known.find(text) if text else None
        if found is not None:
            if found != text:
                self.repair(field, found)
            return found
        if text is not None:
            self.repair(field, otherwise or "kept, though no file lists it")
        return None if otherwise else text

    def repair(self, field: str, became: str) -> None:
        """Tell what was taken otherwise than it stands."""
        self._report.repairs.append(Repair(self._file, self._row.line, self.column(field), self.text(field) or "", became))

    def refused(self, field: str, expected: str) -> Refused:
        """What is wrong with a field, by its column."""
        return Refused(self.column(field), expected)

    def made(self, model: type[M], field: str | None = None, /, **values: object) -> M:
        """A contract's value; its faults are told by column."""
        try:
            return model.model_validate({name: value for name, value in values.items() if value is not None})
        except ValidationError as error:
            fault = findings(error)[0]
            raise self.refused(field or fault.path.partition(".")[0], fault.expected) from None
