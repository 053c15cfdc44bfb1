"""The table of all settings, as docs/settings.md shows it; `python -m hub.operations.settings_page` writes it anew."""

from pathlib import Path
from typing import Any, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from hub.settings import Settings

PAGE = Path("docs/settings.md")
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->\n"


def table() -> str:
    """One line per setting: variable, what it may be, default, what it is for."""
    prefix = Settings.model_config["env_prefix"]
    lines = ["| variable | values | default | |", "| --- | --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `{prefix}{name.upper()}` | {_values(field)} | {_default(field.default)} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def _values(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is not None:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if kind is SecretStr:
        return "text, secret"
    bounds = {type(bound): bound for bound in field.metadata}
    least = next((str(getattr(bounds[k], k.__name__.lower())) for k in (Ge, Gt) if k in bounds), None)
    most = next((str(getattr(bounds[k], k.__name__.lower())) for k in (Le, Lt) if k in bounds), None)
    word = {int: "whole number", float: "number", bool: "true or false"}.get(kind, "text")
    if least and most:
        return f"{word}, {least} to {most}"
    return f"{word}, at least {least}" if least else f"{word}, at most {most}" if most else word


def _default(value: object) -> str:
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return f"`{plain}`" if plain not in {"", None} else "empty"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
