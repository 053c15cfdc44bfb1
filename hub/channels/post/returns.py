"""Read what the post reports of letters that came back: a line per letter, with its delivery and the post's code."""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from contracts.values import Cause
from hub.errors import HubError, InputError

CODES: Mapping[str, tuple[Cause, bool, str]] = {
    "10": ("unknown_address", True, "addressee unknown there"),
    "11": ("unknown_address", True, "moved, new address unknown"),
    "12": ("unknown_address", True, "moved, new address not to be told"),
    "13": ("unknown_address", True, "addressee has died"),
    "14": ("unknown_address", True, "firm closed"),
    "18": ("unknown_address", True, "address incomplete or wrong"),
    "19": ("policy", False, "taken in refused"),
    "20": ("unreachable", False, "not fetched in time"),
    "21": ("unreachable", False, "box full or not to be reached"),
    "22": ("sender_side", False, "postage or form not accepted"),
    "99": ("other", False, "other reason"),
}
"""The post's code: why, whether another letter would come back as well, and in words."""

_COLUMNS = ("delivery", "code", "returned_on")
_MOST_FAULTS = 20


class Returned(NamedTuple):
    """One letter that came back, and the day on which it did."""

    delivery: str
    code: str
    returned_on: date
    cause: Cause
    is_permanent: bool


def read_returns(path: Path, today: date) -> list[Returned]:
    """Every letter of a file (CSV with a head, columns delivery, code and returned_on); raises HubError with every fault's line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not set(_COLUMNS) <= set(rows.fieldnames or ()):
                raise InputError(f"{path.name}:1", f"a head with the columns {', '.join(_COLUMNS)}")
            read = [(rows.line_num, row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(str(path), f"a CSV file in UTF-8 that can be read ({getattr(error, 'strerror', None) or error})") from None
    found, faults = [], []
    for line, row in read:
        try:
            found.append(_returned({name: (row.get(name) or "").strip() for name in _COLUMNS}, today))
        except InputError as error:
            faults.append(f"{path.name}:{line}: {error}")
    if faults:
        more = [f"… and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
        raise HubError("\n     ".join([*faults[:_MOST_FAULTS], *more]))
    return found


def _returned(row: Mapping[str, str], today: date) -> Returned:
    try:
        UUID(row["delivery"])
    except ValueError:
        raise InputError("delivery", "the delivery that the address file named") from None
    if row["code"] not in CODES:
        raise InputError("code", f"one of {', '.join(CODES)}", row["code"])
    try:
        day = date.fromisoformat(row["returned_on"])
    except ValueError:
        day = date.max
    if day > today:
        raise InputError("returned_on", f"a day until {today}, such as 2026-05-01", row["returned_on"])
    return Returned(row["delivery"], row["code"], day, *CODES[row["code"]][:2])
