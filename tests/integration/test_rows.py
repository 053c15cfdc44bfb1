"""What goes to the database as one parameter comes out as it went in."""

from hub.state.connect import connect
from hub.state.rows import texts

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
