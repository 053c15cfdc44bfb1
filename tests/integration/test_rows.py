"""What goes to the database as one parameter comes out as it went in."""

from typing import Any

import pytest

from hub.state import rows
from hub.state.connect import Watched, connect
from hub.state.rows import RowType, texts

HOSTILE = [
    "",
    " ",
    "NULL",
    "null",
    "{",
    "}",
    "{}",
    ",",
    '"',
    "\\",
    '\\"',
    '"\\',
    "\\\\",
    'a","b',
    "a\nb\tc",
    "\u2028",
    "ä",
    "😀",
    "'; drop",
    "\x01",
]


async def test_an_array_of_texts_is_read_as_it_was_written(database: str) -> None:
    connection = await connect(database, name="test")
    for values in ([], ["C-1"], ["C-1", "C-2"], HOSTILE, *([odd] for odd in HOSTILE), *([odd, "C-1"] for odd in HOSTILE)):
        assert await connection.fetchval("SELECT $1::text::text[]", texts(values)) == values
    await connection.close()


async def test_types_that_the_client_has_not_learned_of_are_not_made_once_more(database: str) -> None:
    class Slow(Watched):
        async def prepare(self, *_: Any, **__: Any) -> Any:
            raise TimeoutError

    connection = await connect(database, name="test", connection_class=Slow)
    kind = RowType("thing", {"name": "text", "size": "int"})
    with pytest.raises(TimeoutError):
        await rows.make(connection, [kind])
    await rows.make(connection, [kind])
    assert await connection.fetchval(f"SELECT (($1::{kind.array})[1]).size", [("a", 7)]) == 7
    await connection.close()
