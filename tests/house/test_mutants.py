"""Every guard's edit fits the module it is for, and the test that must notice is there."""

import ast
import importlib.util
from pathlib import Path

import pytest

from tests.mutants.guards import GUARDS, Guard
from tests.support import tree


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guards_edit_fits_its_module(guard: Guard) -> None:
    spec = importlib.util.find_spec(guard.edit.module)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).read_text().count(guard.edit.was) == 1, (
        f"{guard.edit.module} has changed: take the guard {guard.name} out anew"
    )


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guards_test_is_there(guard: Guard) -> None:
    path, _, name = guard.noticed_by.partition("::")
    tests = {node.name for node in ast.parse(tree.text(Path(path))).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in tests
