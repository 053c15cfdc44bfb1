"""Every store is written by one consumer, through its Store alone, and docs/stores.md says by which."""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from hub.consumers import CONSUMERS
from hub.state.schema import whole
from hub.state.stores import STORES
from tests.support import tree

PAGE = Path("docs/stores.md")
_ROW = re.compile(r"^\| `([a-z_]+)` \| ([^|]+) \|", re.MULTILINE)
_STATEMENT = re.compile(r"\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER|DROP|TRUNCATE|LISTEN|NOTIFY)\s+[\w\"*(]")
_WRITE = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE|MERGE\s+INTO)\s+([a-z_]+)", re.IGNORECASE)


def writers(consumers: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Store → consumers that fold into it."""
    found: dict[str, list[str]] = {}
    for consumer, stores in consumers.items():
        for store in stores:
            found.setdefault(store, []).append(consumer)
    return found


def faults(stores: Iterable[str], found: Mapping[str, list[str]], page: str) -> list[str]:
    """Stores without exactly one writer, and lines of the page that say otherwise."""
    told = dict(_ROW.findall(page))
    wrong = []
    for store in stores:
        names = found.get(store, [])
        if len(names) != 1:
            wrong.append(f"{store}: let exactly one consumer fold into it; now {', '.join(names) or 'none'}")
        elif told.get(store, "").strip().strip("`") != names[0]:
            wrong.append(f"{PAGE}: say that {store} is written by {names[0]}")
    return wrong


def written_tables(source: str) -> set[str]:
    """The tables that the SQL in a module's strings writes."""
    strings = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {table.lower() for text in strings for table in _WRITE.findall(text)}


def statements(source: str) -> list[int]:
    """The lines on which a module's strings begin as SQL statements do."""
    return sorted(
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _STATEMENT.match(node.value)
    )


def test_every_store_has_one_writer_and_the_page_says_which() -> None:
    found = writers({name: consumer.stores for name, consumer in CONSUMERS.items()})
    wrong = faults(STORES, found, tree.text(PAGE))
    assert not wrong, "\n".join(wrong)


def test_the_page_tells_of_every_table_and_of_no_other() -> None:
    told = set(dict(_ROW.findall(tree.text(PAGE))))
    there = set(whole().tables)
    assert told == there, f"{PAGE}: one line per table; too many or too few: {', '.join(sorted(told ^ there))}"


def test_no_module_writes_a_store_by_itself() -> None:
    found = [
        f"{path}: writes {table}; only its Store may"
        for path in tree.files("hub", ends=(".py",))
        for table in sorted(written_tables(tree.text(path)) & STORES.keys())
    ]
    assert not found, "\n".join(found)


def named(source: str, names: Iterable[str]) -> set[str]:
    """The consumers and stores that a module's strings name, by themselves or within SQL."""
    strings = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return {name for name in names if any(text == name or f"'{name}'" in text for text in strings)}


def shared() -> Iterable[Path]:
    """The modules that serve every consumer: the stream, and what it knows of the state."""
    for path in tree.files("hub/stream", ends=(".py",)):
        yield path
        for node in ast.walk(ast.parse(tree.text(path))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hub.state"):
                modules = [f"{node.module}.{one.name}" for one in node.names] if node.module == "hub.state" else [str(node.module)]
                yield from (Path(module.replace(".", "/")).with_suffix(".py") for module in modules)


def test_what_serves_every_consumer_names_none() -> None:
    found = [
        f"{path}: names {name}: put it where that consumer's tables are read"
        for path in sorted(set(shared()))
        for name in sorted(named(tree.text(path), {*CONSUMERS, *STORES}))
    ]
    assert not found, "\n".join(found)


def test_a_name_within_sql_is_seen() -> None:
    assert named("_DUE = \"SELECT 'reminders', ref FROM orders WHERE store = 'leads'\"", ["reminders", "leads", "orders"]) == {
        "reminders",
        "leads",
    }


def test_sql_is_spoken_in_state_only() -> None:
    found = [
        f"{path}:{line}: move the statement to hub/state"
        for path in tree.files("hub", ends=(".py",))
        if path.parts[1] not in {"state", "local"}  # the embedded stack makes whole databases
        for line in statements(tree.text(path))
    ]
    assert not found, "\n".join(found)


def test_a_second_writer_is_seen() -> None:
    found = writers({"crm-sync": ["leads"], "matching": ["leads"]})
    assert faults(["leads"], found, "") == ["leads: let exactly one consumer fold into it; now crm-sync, matching"]


def test_an_orphan_and_an_untrue_page_are_seen() -> None:
    assert "now none" in faults(["leads"], {}, "")[0]
    assert faults(["leads"], {"leads": ["crm-sync"]}, "| `leads` | matching | people |") == [
        f"{PAGE}: say that leads is written by crm-sync"
    ]
    assert faults(["leads"], {"leads": ["crm-sync"]}, "| `leads` | `crm-sync` | people |") == []


def test_a_write_is_seen_in_a_string() -> None:
    assert written_tables('X = "delete from Leads where true"\nY = f"""\nINSERT INTO contacts (a) VALUES (1)"""') == {"leads", "contacts"}


def test_a_statement_is_seen_and_prose_is_not() -> None:
    assert statements('X = "SELECT 1"\nY = "Select what you like"\nZ = f"DROP TABLE {X}"') == [1, 3]
