"""Say a subject's events as the real world says them: late, twice, wrong and put right, the first one last."""
# ruff: noqa: PLR2004 - shares are the data of an invented world

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Literal, NamedTuple

from hub.world.lives import Draft, otherwise


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares between 0 and 1.

    `late` is a share of the events that have later ones; `repeated`, `corrected` and `structured` of all events; `bad` of records;
    `opened_late`, `historical` and `holding` (a bad record under a living key) of subjects.
    """

    late: float = 0.05
    repeated: float = 0.05
    corrected: float = 0.03
    opened_late: float = 0.03
    bad: float = 0.01
    holding: float = 0.002
    structured: float = 0.2
    historical: float = 0.02


class Speech(NamedTuple):
    """One event on its way out: it is said `after` so many records of its dealer.

    `nth` counts the subject's own events as they happened; one that `mends` corrects the `wrong` one of the same `nth`,
    which may have been `misfiled` under another reference.
    """

    after: float
    nth: int
    draft: Draft
    told: str = ""
    role: Literal["plain", "wrong", "misfiled", "mends"] = "plain"


def speeches(rng: Random, life: list[Draft], faults: Faults, pace: float) -> list[Speech]:
    """When each event of a life is said, and what is put right later; `pace` is the mean number of other records in between."""
    after, said = 0.0, []
    for nth, draft in enumerate(life):
        said.append(Speech(after, nth, draft))
        after += rng.expovariate(1 / pace)
    end = after
    for nth, draft in enumerate(life):
        if rng.random() < faults.corrected:
            said += _put_right(rng, said, nth, draft, end, pace)
    if len(life) > 1 and rng.random() < faults.opened_late:
        said[0] = said[0]._replace(after=said[rng.randrange(1, len(life))].after + 0.5, told="opened_late")
    for nth in range(1, len(life) - 1):
        if rng.random() < faults.late:
            said[nth] = said[nth]._replace(after=said[rng.randrange(nth + 1, len(life))].after + 0.5, told="late")
    return said


def _put_right(rng: Random, said: list[Speech], nth: int, draft: Draft, end: float, pace: float) -> list[Speech]:
    """The event as first said was wrong; its correction comes later as a rule, and stands at its own moment."""
    is_misfiled = nth == 0 and rng.random() < 0.3
    first = draft if is_misfiled else otherwise(rng, draft)
    said[nth] = said[nth]._replace(draft=first, role="misfiled" if is_misfiled else "wrong")
    when = said[nth].after + rng.expovariate(1 / (3 * pace)) if rng.random() < 0.9 else max(0.0, said[nth].after - pace)
    if rng.random() < 0.3:
        when = end + rng.expovariate(1 / pace)
    right = draft
    if nth and rng.random() < 0.4:
        right = draft._replace(at=draft.at + timedelta(seconds=rng.randrange(1, 4 * 86_400)))
    return [Speech(when, nth, right, "correction", "mends")]


def repetitions(rng: Random, faults: Faults) -> list[float]:
    """After how many further records an event is said again: at once, soon, or when everybody has forgotten it."""
    again = []
    while rng.random() < faults.repeated:
        again.append(rng.choice((0.0, 0.0, rng.uniform(1, 30), rng.uniform(300, 3000))))
    return again
