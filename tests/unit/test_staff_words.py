"""A program hears that a pass was revoked once it is, and not before."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from contracts.base.v1 import BaseDatum
from hub.cli.staff import app
from hub.errors import InputError
from hub.operations import passes
from tests.support.passes import a_pass

REVOKE = ("revoke", "mira", "--json")


@pytest.fixture
def revoke(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Result, list[BaseDatum]]]:
    """Types the words where Mira has a pass; what was laid down beside what was printed."""

    def types(*words: str) -> tuple[Result, list[BaseDatum]]:
        laid = list[BaseDatum]()

        async def found(_url: str, _which: str, now: Any) -> list[BaseDatum]:
            return [a_pass("mira", revoked_at=now)]

        async def lay(_operator: object, _url: str, _options: object, data: Sequence[BaseDatum]) -> None:
            laid.extend(data)

        monkeypatch.setattr(passes, "revoked", found)
        monkeypatch.setattr(passes, "lay", lay)
        return CliRunner().invoke(app, [*REVOKE, *words]), laid

    return types


def test_it_tells_what_was_done_in_one_object(revoke: Callable[..., tuple[Result, list[BaseDatum]]]) -> None:
    result, [laid] = revoke("--yes", "--why", "left the house")
    told = json.loads(result.stdout)
    assert (told["is_dry"], told["done"], [one["id"] for one in told["passes"]]) == (False, [laid.id], [laid.id])


@pytest.mark.parametrize(("words", "named"), [(("--yes",), "--why"), (("--why", "left the house"), "--yes")])
def test_it_tells_no_result_where_nothing_was_done(
    revoke: Callable[..., tuple[Result, list[BaseDatum]]], words: tuple[str, ...], named: str
) -> None:
    result, laid = revoke(*words)
    assert (result.stdout, laid) == ("", [])
    assert isinstance(result.exception, InputError)
    assert named in str(result.exception)


def test_a_dry_run_says_that_it_is_one(revoke: Callable[..., tuple[Result, list[BaseDatum]]]) -> None:
    result, laid = revoke("--dry-run")
    told = json.loads(result.stdout)
    assert (told["is_dry"], told["done"], len(told["passes"]), laid) == (True, [], 1, [])
