"""Rooms import only downwards, and no room stands outside the rules."""

import ast
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.support import tree

GROUND = ("hub/errors.py", "hub/settings.py", "hub/telemetry.py", "hub/patience.py", "hub/names.py")


def layers() -> list[str]:
    """The rooms, from the top, as the rules of pyproject.toml order them."""
    told = tomllib.loads(tree.text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    (rooms,) = (contract["layers"] for contract in told if contract["type"] == "layers")
    return [room.strip() for layer in rooms for room in layer.split("|")]


def imported(module: ast.Module) -> set[str]:
    """Every module that a module names in an import."""
    nodes = list(ast.walk(module))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def test_rooms_import_only_downwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.ROOT)
    verdict = lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert verdict == 0, "an import breaks the house: the report above names it; turn it round"


def homeless(modules: Iterable[Path], placed: Iterable[str]) -> set[str]:
    """The rooms of the hub that no layer names."""
    rooms = {".".join(path.parts[:2]) for path in modules if len(path.parts) > 2}
    return rooms - set(placed)


def test_every_room_has_its_place() -> None:
    missing = homeless(tree.files("hub", ends=(".py",)), layers())
    assert not missing, f"give {', '.join(sorted(missing))} a layer in pyproject.toml's import rules, and a line in docs/house.md"


def test_the_page_shows_the_rooms_in_their_order() -> None:
    told = tomllib.loads(tree.text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    (rooms,) = ("\n".join(f"    {layer}" for layer in contract["layers"]) for contract in told if contract["type"] == "layers")
    assert f"\n{rooms}\n" in tree.text(Path("docs/house.md")), "docs/house.md: show the layers as pyproject.toml orders them:\n" + rooms


def test_the_ground_stands_on_nothing() -> None:
    for name in GROUND:
        ours = {module for module in imported(ast.parse(tree.text(Path(name)))) if module.split(".")[0] in {"hub", "contracts"}}
        assert not ours, f"{name}: drop the import of {', '.join(sorted(ours))}; everybody stands on this module"


def test_a_room_outside_of_the_rules_is_seen() -> None:
    assert homeless([Path("hub/attic/box.py"), Path("hub/state/journal.py"), Path("hub/wiring.py")], layers()) == {"hub.attic"}


def test_an_import_is_seen_in_either_form() -> None:
    assert imported(ast.parse("import hub.state\nfrom hub.rules import order")) == {"hub.state", "hub.rules"}


def test_an_import_upwards_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = tmp_path / "planted_house"
    for room, body in {"": "", "above": "", "below": "import planted_house.above\n"}.items():
        (house / room).mkdir(exist_ok=True)
        (house / room / "__init__.py").write_text(body)
    rules = '[tool.importlinter]\nroot_package = "planted_house"\n[[tool.importlinter.contracts]]\nname = "down"\ntype = "layers"\n'
    (tmp_path / "pyproject.toml").write_text(rules + 'layers = ["planted_house.above", "planted_house.below"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 1
