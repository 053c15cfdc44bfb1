"""Every entrance of the door has a decision who may use it, and docs/door.md tells of each and of no other."""

import re
from collections.abc import Iterable
from pathlib import Path

from hub.door.app import ENTRANCES, Entrance
from tests.support import tree

PAGE = Path("docs/door.md")
_ROW = re.compile(r"^\| `([a-z-]+)` \| `([A-Z]+) ([^`?]+)(?:\?[^`]*)?` \| ([^|]+) \|", re.MULTILINE)
BY = ("signature", "token", "secret")


def faults(page: str, entrances: Iterable[Entrance]) -> list[str]:
    """Where page and entrances differ, and entrances that are open to anybody."""
    told = {name: (method, path, who) for name, method, path, who in _ROW.findall(page)}
    there = {each.name: (each.method, each.path, each.who) for each in entrances}
    found = [f"{name}: say how whoever comes proves who they are" for name, (_, _, who) in there.items() if not who.endswith(BY)]
    return found + [
        f"{PAGE}: {name} is {there.get(name)}, not {told.get(name)}" for name in there | told if told.get(name) != there.get(name)
    ]


def test_the_page_tells_of_every_entrance_and_who_may_use_it() -> None:
    assert not (found := faults(tree.text(PAGE), ENTRANCES)), "\n".join(found)


def test_an_open_entrance_and_an_untold_one_are_seen() -> None:
    odd = ENTRANCES[0]._replace(name="odd", who="anybody")
    assert [fault.partition(":")[0] for fault in faults("", [odd])] == ["odd", str(PAGE)]
    assert "odd" in faults("| `odd` | `GET /x` | a dealer, by its token |\n", [])[0]
