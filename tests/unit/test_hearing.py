"""Who says something waits for what becomes of it as long as it may still become something."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from hub.consumers.campaigns import campaigns
from hub.operations import hearing
from hub.operations.hearing import CameTo, Said, hear
from hub.rules.decision import Change, Subject, Wait
from hub.state import foresight
from hub.state.foresight import Whereabouts

FREE = Whereabouts(0, "campaigns", Subject("oem", "spring"), None, (), None)
HELD = FREE._replace(hold="news")
UNKNOWN = Wait("staff_pass", "p1")

Looks = Callable[..., Any]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Hear of a record that is found so, look by look; the last one stays."""

    async def heard(*found: tuple[Whereabouts | None, Any], silence: float) -> CameTo:
        left = list(found)

        @asynccontextmanager
        async def looking(_url: str) -> AsyncIterator[None]:
            yield
            if len(left) > 1:
                left.pop(0)

        async def whereabouts(_look: object, _event: UUID) -> Whereabouts | None:
            return left[0][0]

        async def verdict(*_: object) -> Any:
            return left[0][1]

        monkeypatch.setattr(foresight, "looking", looking)
        monkeypatch.setattr(foresight, "whereabouts", whereabouts)
        monkeypatch.setattr(hearing, "_verdict", verdict)
        monkeypatch.setattr(hearing, "_SHORTEST", 0)
        return await hear("", Said("o1", UUID(int=1), campaigns), silence)

    return heard


async def test_what_waits_is_looked_at_again_until_it_is_folded(looks: Looks) -> None:
    came = await looks((None, None), (HELD, UNKNOWN), (HELD, Change(None)), (FREE, Change(None)), silence=60)
    assert came == CameTo("done")


async def test_what_still_waits_is_not_done_though_its_rule_would_take_it(looks: Looks) -> None:
    came = await looks((HELD, Change(None)), silence=0)
    assert (came, came.is_in_vain, came.told) == (CameTo("waits", "to be looked at again"), True, "waits to be looked at again")


async def test_what_waits_to_the_end_is_told_for_what(looks: Looks) -> None:
    assert await looks((HELD, UNKNOWN), silence=0) == CameTo("waits", "for staff pass p1")


@pytest.mark.parametrize("other", [{"hold": "operator"}, {"dead": "rejected"}])
async def test_what_nothing_but_a_person_can_set_right_is_told_at_once(looks: Looks, other: dict[str, Any]) -> None:
    came = await looks((FREE._replace(**other), None), (FREE, Change(None)), silence=60)
    assert came.standing in {"held", "refused"}
