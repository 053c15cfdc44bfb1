"""How a version of a sales document stands: it may be laid down more than once, to retire it or to move the end of its validity."""

from collections.abc import Iterable
from datetime import date

from contracts.base import SalesDocument


def version_on(day: date, name: str, editions: Iterable[SalesDocument]) -> SalesDocument | None:
    """What holds of `id@version` on a day: its last edition by then, or the first that is to come; None where it was never laid down."""
    found = sorted((one for one in editions if f"{one.id}@{one.version}" == name), key=lambda one: one.effective_from)
    begun = [one for one in found if one.effective_from <= day]
    return begun[-1] if begun else found[0] if found else None
