"""Base data as rules need it: read again only when it has changed."""

from contracts.base import LINEAGES
from contracts.base.v1 import BaseDatum
from hub.rules.basedata import BaseData
from hub.state.store import Connection

_CONTRACTS: dict[str, type[BaseDatum]] = {lineage.body.KIND: lineage.body for lineage in LINEAGES}
_VERSION = "SELECT count(*), sum(hashtextextended(because::text, row_version))::text FROM base_data WHERE kind = ANY($1::text[])"
_ROWS = "SELECT kind, body FROM base_data WHERE kind = ANY($1::text[])"


class BaseDataCache:
    """The base data of some kinds; `refresh` costs one small query while nothing changes."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = list(kinds)
        self._version: tuple[int, str | None] | None = None
        self._data = BaseData()

    async def refresh(self, connection: Connection) -> BaseData:
        """What holds now; the sum is over what each row is because of: one row may go in the moment another comes."""
        if not self._kinds:
            return self._data
        row = await connection.fetchrow(_VERSION, self._kinds)
        version = (row[0], row[1]) if row else (0, None)
        if version != self._version:
            rows = await connection.fetch(_ROWS, self._kinds)
            self._data = BaseData(
                _CONTRACTS[row[0]].model_validate({**row[1], "occurred_at": "1970-01-01T00:00:00Z"}, strict=False) for row in rows
            )
            self._version = version
        return self._data

    async def has_changed(self, connection: Connection) -> bool:
        """Whether something came since the last refresh."""
        row = await connection.fetchrow(_VERSION, self._kinds)
        return bool(self._kinds) and row is not None and (row[0], row[1]) != self._version
