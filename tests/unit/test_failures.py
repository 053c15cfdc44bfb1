"""What an error means: whether a record is to blame, whether to try again at once or later, or to stop and call somebody."""

import asyncpg
import pytest

from hub.stream.failures import Meaning, meaning


@pytest.mark.parametrize(
    ("state", "means"),
    [
        ("22003", Meaning.RECORD),
        ("40001", Meaning.AGAIN),
        ("53100", Meaning.LATER),
        ("57P01", Meaning.LATER),
        ("58000", Meaning.LATER),
        ("58030", Meaning.LATER),
        ("58P01", Meaning.LATER),
        ("XX001", Meaning.UNKNOWN),
        ("42P01", Meaning.UNKNOWN),
    ],
)
def test_an_answer_of_the_server_means_what_its_sqlstate_says(state: str, means: Meaning) -> None:
    error = asyncpg.PostgresError.new({"C": state, "M": "as the server says it"})
    assert (error.sqlstate, meaning(error)) == (state, means)
