"""Every setting says what it is for and stands in docs/settings.md, and every HUB_… variable that a file names is one."""

import ast
import re
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from hub.operations.settings_page import PAGE, written
from hub.settings import Settings
from tests.support import tree

BESIDE = {
    "HUB_SAMPLES": "where tests find real inputs",
    "HUB_SEED": "what the faults draw from",
    "HUB_DATABASE_PASSWORD": "docker-compose.yml puts it into HUB_DATABASE_URL",
}
NAMING = ("README.md", "CHANGELOG.md", "docs", "docker-compose.yml", "Dockerfile", "Makefile", "deploy", ".ci", "hub", "bench")
READERS = {Path("hub/settings.py")}


def known() -> set[str]:
    """Every variable that something of ours reads."""
    return {f"{Settings.model_config['env_prefix']}{name.upper()}" for name in Settings.model_fields} | BESIDE.keys()


def strangers(text: str, variables: set[str]) -> set[str]:
    """The HUB_… variables that a text names and nobody reads."""
    return {name for name in re.findall(r"\bHUB_[A-Z][A-Z0-9_]*[A-Z0-9]\b", text) if name not in variables}


def readings(module: ast.Module) -> list[int]:
    """The lines on which a module reads a variable of the environment, but for what a person tells all programs: XDG_…, EDITOR."""
    found = []
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get" | "pop"), args=[ast.Constant(value=name), *_]):
                asked = name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="getenv"), args=[ast.Constant(value=name), *_]):
                asked = name
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=name)):
                asked = name
            case _:
                continue
        if not str(asked).startswith(("XDG_", "EDITOR", "VISUAL")):
            found.append(node.lineno)
    return found


def undescribed(settings: type[BaseSettings]) -> list[str]:
    """The settings that do not say in a sentence what they are for."""
    return [name for name, field in settings.model_fields.items() if not (field.description or "").endswith((".", "!", "?"))]


def test_a_setting_without_a_sentence_is_seen() -> None:
    class Silent(BaseSettings):
        lanes: int = 3
        speed: int = Field(1, description="speed")
        brake: int = Field(1, description="How soon it stops.")

    assert undescribed(Silent) == ["lanes", "speed"]


def test_every_setting_is_described() -> None:
    silent = undescribed(Settings)
    assert not silent, f"hub/settings.py: describe {', '.join(silent)} in a sentence"


def test_the_page_shows_every_setting() -> None:
    page = tree.text(PAGE)
    assert page == written(page), "run `python -m hub.operations.settings_page`: docs/settings.md no longer shows hub/settings.py"


def test_every_variable_named_is_read() -> None:
    tops = [top for top in NAMING if (tree.ROOT / top).exists()]
    ends = (".md", ".yml", ".yaml", "Dockerfile", "Makefile", "run", ".py", ".svg")
    found = [
        f"{path}: {name} is read by nobody; mend the name"
        for path in tree.files(*tops, ends=ends)
        for name in sorted(strangers(tree.text(path), known()))
    ]
    assert not found, "\n".join(found)


def test_only_settings_read_the_environment() -> None:
    found = [
        f"{path}:{line}: ask for a setting instead of reading the environment"
        for path, module in tree.modules("hub", "contracts").items()
        if path not in READERS
        for line in readings(module)
    ]
    assert not found, "\n".join(found)


def test_a_variable_that_nobody_reads_is_seen() -> None:
    assert strangers("set HUB_LANE=3 and HUB_LANES=3", known()) == {"HUB_LANE"}


def test_a_page_that_is_behind_is_seen() -> None:
    page = written(tree.text(PAGE))
    behind = page.replace("| `HUB_LANES` |", "| `HUB_LAYNES` |")
    assert behind != page
    assert written(behind) == page


def test_reading_the_environment_is_seen() -> None:
    module = "import os\nx = os.environ['HUB_LANES']\ny = os.getenv('A')\nz = os.environ.get('B')\nw = os.environ.get('XDG_CACHE_HOME')"
    assert readings(ast.parse(module)) == [2, 3, 4]
