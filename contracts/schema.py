"""The JSON Schema of each edition, as it is committed and as partners validate against it."""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from contracts.contract import Event, Lineage, wire_type

HOME = Path(__file__).parent
"""Where the committed schemas and examples of this package are."""


class _Draft202012(GenerateJsonSchema):
    def field_title_should_be_set(self, _schema: object, /) -> bool:
        return False  # a field is called what it is called; "Occurred At" helps nobody


def of(edition: type[Event], wire: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a body, under its wire type."""
    shape = edition.model_json_schema(schema_generator=_Draft202012)
    return {"$schema": _Draft202012.schema_dialect, "$id": f"urn:hub:contract:{wire}", **shape, "title": wire}


def every(lineage: Lineage[Any]) -> list[dict[str, Any]]:
    """The schemas of a lineage, v1 first."""
    return [of(edition, wire_type(lineage.name, version)) for version, edition in enumerate(lineage.editions, 1)]


def text(document: object) -> str:
    """A document as it is committed: one notation, so that a difference in review is a difference in meaning."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def path(root: Path, name: str, version: int) -> Path:
    """Where the schema of an edition is committed."""
    return root / "schemas" / name / f"v{version}.json"


def examples(root: Path, name: str, version: int) -> Path:
    """The folder of an edition's examples."""
    return root / "examples" / name / f"v{version}"
