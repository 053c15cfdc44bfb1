"""Base data as rules need it: read again only when it has changed."""

from contracts.base import LINEAGES
from contracts.base.v1 import BaseDatum
from hub.rules.basedata import BaseData
from hub.state.store import Connection
from hub.state.together import NOTHING, Asked, Part

_CONTRACTS: dict[str, type[BaseDatum]] = {lineage.body.KIND: lineage.body for lineage in LINEAGES}
VERSION = "SELECT concat(count(*), ' ', sum(hashtextextended(because::text, row_version))) FROM base_data WHERE kind = ANY({}::text[])"
"""The version of the base data of some kinds: the sum is over what each row is because of, as one may go in the moment another comes."""
_VERSION = VERSION.format("$1")
_ROWS = "SELECT kind, body FROM base_data WHERE kind = ANY($1::text[])"


class BaseDataCache:
    """The base data of some kinds; `refresh` costs one small query while nothing changes, and none for whoever has seen the version."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self.kinds = list(kinds)
        self._version: str | None = None
        self._data = BaseData()

    async def refresh(self, connection: Connection, seen: str | None = None) -> BaseData:
        """What holds now; `seen` is the version that this transaction has seen, if it has looked."""
        if not self.kinds:
            return self._data
        version = seen or await self._now(connection)
        if version != self._version:
            rows = await connection.fetch(_ROWS, self.kinds)
            self._data = BaseData(
                _CONTRACTS[row[0]].model_validate({**row[1], "occurred_at": "1970-01-01T00:00:00Z"}, strict=False) for row in rows
            )
            self._version = version
        return self._data

    def asking(self) -> Asked[str] | Asked[None]:
        """The version, to be asked together with what else there is to ask; nothing where no kinds are used."""
        if not self.kinds:
            return NOTHING
        return Asked(Part("", _VERSION), (self.kinds,), lambda rows: str(rows[0][0]))

    async def has_changed(self, connection: Connection) -> bool:
        """Whether something came since the last refresh."""
        return bool(self.kinds) and await self._now(connection) != self._version

    async def _now(self, connection: Connection) -> str:
        return str(await connection.fetchval(_VERSION, self.kinds))
