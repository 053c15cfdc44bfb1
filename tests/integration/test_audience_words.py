"""The words `hub audiences` tell whom a file chooses, and what is wrong with it, line by line."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli import mount
from hub.errors import HubError
from hub.rules.customers import Customer
from hub.rules.decision import Subject
from hub.state import stores
from hub.state.connect import connect
from tests.support import population, tree

APP = mount()
PAGE = Path("docs/campaigns.md")


def example(name: str) -> str:
    """A file that the page shows."""
    match = re.search(rf"<!-- example: {name} -->\n```yaml\n(.*?)^```", tree.text(PAGE), re.DOTALL | re.MULTILINE)
    assert match is not None
    return match[1]


def types(database: str, *words: str) -> Result:
    return CliRunner(env={"HUB_DATABASE_URL": database}).invoke(APP, ["audiences", *words])


async def _people(url: str, *people: Customer) -> None:
    connection = await connect(url, name="test")
    try:
        await population.put(connection, stores.customers, {Subject("dealer:ber-01", f"C{n}"): one for n, one in enumerate(people)})
    finally:
        await connection.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.yaml"
    path.write_text("audience: customers\nwhere:\n  city: {is: Ulm}\n")
    return path


def someone(city: str) -> Customer:
    blank = dict.fromkeys(Customer._fields)
    return Customer(**{**blank, "customer_kind": "person", "name": "Ada Vogel", "status": "active", "city": city, "segments": []})  # type: ignore[arg-type]


async def test_an_audience_is_counted_and_shown_masked(database: str, file: Path) -> None:
    import asyncio

    await _people(database, someone("Ulm"), someone("Ulm")._replace(email="ada@vogel.example"), someone("Bonn"))
    counted = await asyncio.to_thread(types, database, "count", str(file), "--json")
    assert json.loads(counted.stdout) == {"audience": "customers", "total": 2, "by": {"dealer:ber-01": 2}}
    shown = await asyncio.to_thread(types, database, "preview", str(file), "--json")
    assert [(one["ref"], one["email"]) for one in json.loads(shown.stdout)] == [("C0", None), ("C1", "<text, 17>")]
    assert "Vogel" not in shown.stdout


def test_nobody_is_said_in_words(database: str, file: Path) -> None:
    assert "Nobody" in types(database, "count", str(file)).stdout
    assert "Nobody" in types(database, "preview", str(file)).stdout


def test_the_pages_example_can_be_asked(database: str, tmp_path: Path) -> None:
    path = tmp_path / "page.yaml"
    path.write_text(example("audience"))
    assert "every condition can be asked" in types(database, "check", str(path)).stdout
    assert types(database, "count", str(path)).exit_code == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "audience: customers\nwhere:\n  or:\n    - city: {is: Ulm}\n    - contry: {is: DE}\n",
            r"a\.yaml:5: where\.or\[1\]\.contry: expected one of",
        ),
        ("audience: everybody\n", r"a\.yaml:1: audience: expected one of customers, contacts"),
        ("audience: customers\nwhere:\n  city: {is: a}\n  city: {is: b}\n", r"a\.yaml:4: where\.city: expected each name once"),
        ("- audience", "one mapping"),
        ("audience: [", r"a\.yaml:1"),
        ("audience: customers\nwhere:\n  birthday: {before: 2026-02-30}\n", "values as YAML has them"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    result = types("postgresql://nobody@127.0.0.1:1/none", "check", str(path))
    assert isinstance(result.exception, HubError)
    assert re.search(told, str(result.exception)), str(result.exception)


def test_a_database_that_is_away_is_named(file: Path) -> None:
    result = types("postgresql://nobody@127.0.0.1:1/none", "count", str(file))
    assert isinstance(result.exception, HubError)
    assert "does not answer" in str(result.exception)
