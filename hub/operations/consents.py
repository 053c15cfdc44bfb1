"""What an operator can do about consents: look at them with their proof and their ledger, and enter what somebody said."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from pydantic import ValidationError

from contracts.acts import CONSENT_RECORDED
from contracts.contract import findings
from hub.errors import InputError
from hub.operations import base
from hub.operations.acts import Operator
from hub.operations.asked import Asked, ask
from hub.rules.consents import GIVEN, Slot, recorded_for
from hub.state import consent_desk
from hub.state.consent_desk import Agreement, Chosen, Word
from hub.state.reading import snapshot

CONSUMER = "campaigns"
_MOST_OF_A_PERSON = 10_000
_OPTIONS = {"person": "PERSON", "person_kind": "--kind", "channels": "--channel", "purposes": "--purpose", "proof": "--where"}


class Entered(NamedTuple):
    """What an operator enters: the fields of the act, and each consent that it changes, as it stands by now."""

    fields: Mapping[str, Any]
    slots: Mapping[Slot, Agreement | None]


async def find(url: str, chosen: Chosen, most: int) -> list[Agreement]:
    """The consents chosen, by person, channel and purpose."""
    async with snapshot(url) as moment:
        return await consent_desk.agreements(moment, chosen, most)


async def of_person(url: str, chosen: Chosen) -> tuple[list[Agreement], dict[str, list[Word]]]:
    """All that one person agreed to and objected to, and the ledger of each by its ref; raises InputError where nothing was said."""
    async with snapshot(url) as moment:
        found = await consent_desk.agreements(moment, chosen, _MOST_OF_A_PERSON)
        whose = {(one.principal, one.person_kind) for one in found}
        if len(whose) != 1:
            several = ", ".join(f"{kind} of {principal}" for principal, kind in sorted(whose))
            expected = (
                f"one person: say --dealer or --kind, as there are {several}"
                if whose
                else "a person who said something (hub consents list)"
            )
            raise InputError("PERSON", expected, chosen.person)
        words = await consent_desk.ledger(moment, found[0].principal, [one.ref for one in found])
    said: dict[str, list[Word]] = {}
    for word in words:
        said.setdefault(word.ref, []).append(word)
    return found, said


async def enter(url: str, fields: Mapping[str, Any]) -> Entered:
    """What entering it would change; raises InputError naming the option that is wrong."""
    act = {"occurred_at": datetime.now(UTC), "who": "somebody", "why": "nothing yet", "consumer": CONSUMER, **fields}
    try:
        body = CONSENT_RECORDED.body.model_validate(act)
    except ValidationError as error:
        path, expected = findings(error)[0]
        raise InputError(_OPTIONS.get(path.partition(".")[0], f"--{path.rpartition('.')[2]}"), expected) from None
    for option, named in (("--channel", body.channels), ("--purpose", body.purposes)):
        if body.status == GIVEN and not named:
            raise InputError(option, "what was agreed to, by name")
    known = {edition.id for edition in await base.editions(url, "consent_purpose")}
    if strange := sorted(set(body.purposes) - known):
        raise InputError("--purpose", f"one of {', '.join(sorted(known)) or 'none yet'} (hub base list consent_purpose)", strange[0])
    slots = [Slot.of(subject) for subject in recorded_for(body, "hub")]
    stands = {one.ref: one for one in await find(url, Chosen(slots[0].owner, body.person, body.person_kind), _MOST_OF_A_PERSON)}
    return Entered({"consumer": CONSUMER, **fields}, {slot: stands.get(slot.subject.ref) for slot in slots})


def record(operator: Operator, entered: Sequence[Entered]) -> Asked:
    """Say what was entered, each as one act."""
    return ask(operator, CONSENT_RECORDED, {uuid4(): one.fields for one in entered})
