"""A campaign as people write it: YAML with the audience, the channels, what is sent, and how fast."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts.campaigns import CampaignPrepared
from contracts.contract import findings
from hub.operations.audience_file import choose, fault, faulty, place_of, read
from hub.operations.yaml_places import Document, Place
from hub.rules.audience import deepest
from hub.rules.campaigns import objection

PACE = ("per_hour", "opens", "closes", "zone")
"""What stands under `pace`."""

_OURS = {"occurred_at", "revision", "corrects", "who", "why", "conditions", "signed_with", "signature"}
KNOWN = (*(name for name in CampaignPrepared.model_fields if name not in _OURS | set(PACE)), "where", "pace")
"""The names that a file may have."""


def plan(path: Path, *, who: str, why: str, now: datetime) -> CampaignPrepared:
    """The campaign that a file describes; raises HubError with each fault's line and path."""
    document = read(path)
    faults = list(_strangers(document, path.name))
    chosen, wrong = choose(document, path.name)
    said = {name: value for name, value in document.value.items() if name not in {"where", "pace"}}
    pace = document.value.get("pace") or {}
    if isinstance(pace, dict):
        said |= {name: _clock(value) if name in {"opens", "closes"} else value for name, value in pace.items()}
    body = {**said, "who": who, "why": why, "occurred_at": now.isoformat(), "conditions": chosen.document if chosen else None}
    try:
        made = CampaignPrepared.model_validate_json(json.dumps(body, default=_text))
    except ValidationError as error:
        told = [fault(document, path.name, _place(finding.path), finding.expected) for finding in deepest(findings(error))]
        raise faulty([*faults, *wrong, *(one for one in told if ": audience: " not in one or not wrong)]) from None
    if not (faults or wrong) and (refused := objection(made)) is not None:
        faults.append(fault(document, path.name, _place(refused.path), refused.expected))
    if made.expires_at <= now:  # as a rule cannot say: it reads no clock
        faults.append(fault(document, path.name, ("expires_at",), "a moment to come: nothing goes out afterwards"))
    if faults or wrong:
        raise faulty([*faults, *wrong])
    return made


def _strangers(document: Document, name: str) -> Iterator[str]:
    for key in document.value:
        if key not in KNOWN:
            yield fault(document, name, (str(key),), f"one of {', '.join(KNOWN)}")
    pace = document.value.get("pace")
    if pace is not None and not isinstance(pace, dict):
        yield fault(document, name, ("pace",), f"a mapping of {', '.join(PACE)}")
    for key in pace if isinstance(pace, dict) else ():
        if key not in PACE:
            yield fault(document, name, ("pace", str(key)), f"one of {', '.join(PACE)}")


def _place(path: str) -> Place:
    place = place_of(path)
    return ("pace", *place) if place[:1] and place[0] in PACE else place


def _clock(value: object) -> object:
    """People write 9:30 as well."""
    return value.zfill(len("09:30")) if isinstance(value, str) else value


def _text(value: Any) -> str:  # noqa: ANN401 - any value that YAML knows and JSON does not
    return value.isoformat() if isinstance(value, datetime) else str(value)
