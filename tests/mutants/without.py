"""A pytest plugin: the hub without one of its guards, named by `HUB_WITHOUT`."""

import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from tests.mutants.guards import GUARDS, Edit


class _Edited(Loader):
    """Runs a module's source with the edit in it."""

    def __init__(self, origin: str, edit: Edit) -> None:
        self._origin, self._edit = origin, edit

    def exec_module(self, module: ModuleType) -> None:
        source = Path(self._origin).read_text()
        if source.count(self._edit.was) != 1:
            raise LookupError(f"{self._edit.module}: the words of the edit stand there {source.count(self._edit.was)} times, not once")
        exec(compile(source.replace(self._edit.was, self._edit.becomes), self._origin, "exec"), vars(module))  # noqa: S102 - our own source


class _Finder(MetaPathFinder):
    """Finds the one edited module; every other is found as ever."""

    def __init__(self, edit: Edit) -> None:
        self._edit = edit

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self._edit.module:
            return None
        found = PathFinder.find_spec(fullname, path, target)
        assert found is not None
        assert found.origin is not None
        return importlib.util.spec_from_loader(fullname, _Edited(found.origin, self._edit), origin=found.origin)


def _take_out(name: str) -> None:
    guard = next(guard for guard in GUARDS if guard.name == name)
    if guard.edit.module in sys.modules:
        raise RuntimeError(f"{guard.edit.module} was imported before its guard could be taken out")
    sys.meta_path.insert(0, _Finder(guard.edit))


if "HUB_WITHOUT" in os.environ:
    _take_out(os.environ["HUB_WITHOUT"])
