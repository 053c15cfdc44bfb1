"""What is said of a campaign counts as somebody's word only where it is signed with a pass of theirs that is good for it."""

from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import campaigns as said
from contracts.base import Staff, StaffPass
from contracts.base.v1 import BaseDatum
from contracts.topics import OEM_CAMPAIGNS
from hub.errors import HubError, InputError
from hub.operations import base
from hub.operations import passes as operation
from hub.rules import campaigns as rules
from hub.rules import messages
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Decision, Facts, Keep, Reject, Subject, Wait
from hub.rules.passes import signed, standing
from tests.support.passes import a_pass, secret, token

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HEAD = {"occurred_at": NOON, "campaign": "spring", "why": "w"}
PLAN = {"title": "S", "audience": "customers", "channels": ("email",), "template": "t", "purpose": "p", "expires_at": NOON + timedelta(9)}


def prepared(**other: Any) -> said.CampaignPrepared:
    return said.CampaignPrepared.model_validate({**HEAD, "who": "mira", **PLAN, **other})


STATE = rules.draft(prepared())
APPROVED = said.CampaignApproved.model_validate({**HEAD, "who": "jonas", "prepared_by": "mira", "plan": STATE.plan})


def facts(*held: StaffPass) -> Facts:
    return Facts(Subject("oem", "spring"), BaseData([a_pass("mira"), *(held or [a_pass("jonas")])]))


def judged(event: Any = None, *held: StaffPass) -> Decision[Any]:
    return rules.approved(STATE, event or signed(APPROVED, secret("jonas")), facts(*held))


def test_the_holder_of_a_pass_approves() -> None:
    decision = judged()
    assert isinstance(decision, Change)
    assert (decision.state.status, decision.state.approved_by) == ("approved", "jonas")


@pytest.mark.parametrize(
    ("event", "path"),
    [
        pytest.param(APPROVED, "signature", id="not-signed"),
        pytest.param(signed(APPROVED, secret("mira")), "who", id="in-the-name-of-another"),
        pytest.param(
            signed(APPROVED, secret("jonas")).model_copy(update={"occurred_at": NOON + timedelta(1)}), "signature", id="changed-after"
        ),
        pytest.param(
            signed(APPROVED, secret("mira")).model_copy(update={"signed_with": a_pass("jonas").id}), "signature", id="with-anothers-id"
        ),
    ],
)
def test_what_the_holder_did_not_say_is_refused(event: Any, path: str) -> None:
    verdict = judged(event)
    assert isinstance(verdict, Reject)
    assert verdict.path == path


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"expires_at": NOON}, "this one was expired"),
        ({"revoked_at": NOON}, "this one was revoked"),
        ({"may": ("prepare", "release")}, "one may approve"),
        ({"effective_from": date(2026, 5, 5)}, "this one was not good yet"),
        ({"retired": True}, "this one was revoked"),
    ],
)
def test_a_pass_that_is_not_good_for_it_approves_nothing(other: dict[str, Any], expected: str) -> None:
    verdict = judged(None, a_pass("jonas").model_copy(update=other))
    assert isinstance(verdict, Reject)
    assert expected in verdict.expected


def test_a_pass_that_is_good_until_a_moment_later_is_good() -> None:
    until = NOON + timedelta(seconds=1)
    assert isinstance(judged(None, a_pass("jonas", expires_at=until, revoked_at=until)), Change)


def test_a_pass_that_is_not_known_yet_is_waited_for() -> None:
    assert judged(None, a_pass("ada")) == Wait("staff_pass", a_pass("jonas").id)


@pytest.mark.parametrize(
    ("conditions", "is_covered"),
    [
        ('{"dealer": {"is": "ber-01"}}', True),
        ('{"dealer": {"in": ["ber-01", "ber-02"]}, "status": {"is": "active"}}', True),
        ('{"dealer": {"in": ["ber-01", "muc-01"]}}', False),
        ('{"or": [{"dealer": {"is": "ber-01"}}, {"status": {"is": "active"}}]}', False),
        (None, False),
    ],
)
def test_a_pass_for_some_dealers_is_good_for_their_people_alone(conditions: str | None, *, is_covered: bool) -> None:
    plan = prepared(conditions=conditions)
    few = a_pass("mira", dealers=("ber-01", "ber-02"))
    drawn = rules.prepared(None, signed(plan, secret("mira")), facts(few))
    assert isinstance(drawn, Change if is_covered else Reject)
    asked = APPROVED.model_copy(update={"plan": rules.digest(plan)})
    verdict = rules.approved(rules.draft(plan), signed(asked, secret("jonas")), facts(a_pass("jonas", dealers=("ber-01", "ber-02"))))
    assert verdict == Keep("approved with a pass for other dealers") or is_covered


@pytest.mark.parametrize(
    ("before", "is_taken"),
    [
        ('{"dealer": {"is": "ber-02"}}', True),
        ('{"dealer": {"is": "muc-01"}}', False),
        ('{"dealer": {"in": ["ber-01", "muc-01"]}}', False),
        (None, False),
    ],
)
def test_a_pass_for_some_dealers_takes_over_no_campaign_of_others(before: str | None, *, is_taken: bool) -> None:
    few = facts(a_pass("mira", dealers=("ber-01", "ber-02")))
    mine = signed(prepared(conditions='{"dealer": {"is": "ber-01"}}'), secret("mira"))
    verdict = rules.prepared(rules.draft(prepared(who="jonas", conditions=before)), mine, few)
    assert isinstance(verdict, Change) if is_taken else verdict == Keep("prepared anew with a pass for other dealers")


MAY = {"effective_from": date(2026, 5, 1), "may": ("approve",)}
TOMORROW = {"effective_from": date(2026, 5, 5)}


@pytest.mark.parametrize(
    ("editions", "is_good"),
    [
        pytest.param([{"may": ("prepare",)}, MAY], True, id="what-it-may-by-now"),
        pytest.param([MAY, {**TOMORROW, "may": ("prepare",)}], True, id="what-it-may-tomorrow-alone"),
        pytest.param([MAY, {**TOMORROW, "expires_at": NOON - timedelta(1)}], True, id="another-end-from-tomorrow"),
        pytest.param([{"expires_at": NOON - timedelta(1)}, MAY], True, id="made-longer"),
        pytest.param([{"may": ("approve",)}, {"effective_from": date(2026, 5, 4), "may": ("release",)}], False, id="no-longer-from-today"),
        pytest.param([TOMORROW], False, id="from-tomorrow"),
        pytest.param([MAY, {**TOMORROW, "retired": True}], False, id="retired-whatever-the-day"),
        pytest.param([MAY, {**TOMORROW, "revoked_at": NOON}], False, id="revoked-by-a-later-edition"),
        pytest.param([{"revoked_at": NOON}, MAY], False, id="revoked-by-an-earlier-one"),
    ],
)
async def test_rule_and_command_judge_by_the_edition_in_force(
    editions: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, *, is_good: bool
) -> None:
    held = [a_pass("jonas").model_copy(update=other) for other in editions]

    async def stored(_url: str) -> list[StaffPass]:
        return sorted(held, key=lambda one: one.expires_at)

    monkeypatch.setattr(operation, "passes", stored)
    assert isinstance(judged(None, *held), Change) is is_good
    with nullcontext() if is_good else pytest.raises(HubError):
        (await operation.holder("", token("jonas"), NOON)).require("approve")


def test_anybody_may_hold_a_campaign() -> None:
    pause = said.CampaignPaused.model_validate({**HEAD, "who": "anybody"})
    assert isinstance(rules.paused(STATE._replace(status="released"), pause, facts()), Change)


MESSAGE = {"message": "m", "recipient": "customer", "ref": "C1", "channel": "email"}
SAYINGS = [
    pytest.param(rules.prepared, prepared(), id="prepared"),
    pytest.param(rules.approved, APPROVED, id="approved"),
    pytest.param(rules.released, said.CampaignReleased.model_validate({**HEAD, "who": "mira"}), id="released"),
    pytest.param(rules.paused, said.CampaignPaused.model_validate({**HEAD, "who": "mira"}), id="paused"),
    pytest.param(rules.resumed, said.CampaignResumed.model_validate({**HEAD, "who": "mira"}), id="resumed"),
    pytest.param(rules.stopped, said.CampaignStopped.model_validate({**HEAD, "who": "mira"}), id="stopped"),
    pytest.param(messages.tested, said.CampaignTested.model_validate({**HEAD, "who": "mira", **MESSAGE, "template": "t"}), id="tested"),
    pytest.param(
        messages.requested,
        said.MessageRequested.model_validate(
            {"occurred_at": NOON, "who": "x", "why": "w", **MESSAGE, "purpose": "p", "text": "t", "expires_at": NOON + timedelta(1)}
        ),
        id="requested",
    ),
]


@pytest.mark.parametrize("with_pass", ["mine", "unknown", "none"])
@pytest.mark.parametrize(("rule", "event"), SAYINGS)
def test_nothing_of_oem_campaigns_takes_back_what_was_said_however_it_is_signed(rule: Any, event: Any, with_pass: str) -> None:
    undoing = event.model_copy(update={"corrects": "e7"})
    if isinstance(event, said.CampaignEvent) and with_pass != "none":
        undoing = signed(undoing, secret(event.who if with_pass == "mine" else "somebody"))
    assert rule(None, undoing, facts(a_pass("jonas"))) == Reject("corrects", "nothing: say it anew")


def test_every_saying_of_oem_campaigns_is_among_them() -> None:
    assert {type(parameter.values[1]) for parameter in SAYINGS} == {lineage.body for lineage in OEM_CAMPAIGNS.types}


def test_a_pass_is_read_from_a_file_that_only_its_holder_may_read(tmp_path: Path) -> None:
    path = tmp_path / "mira.pass"
    path.touch(0o600)
    path.write_text(f"{token('mira')}\n")
    assert operation.secret_of(operation.read(path)) == secret("mira")
    path.chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        operation.read(path)


@pytest.mark.parametrize("folder", ["", "./", "/home/mira/", " "])
def test_a_pass_in_the_place_of_its_file_is_not_repeated(folder: str) -> None:
    with pytest.raises(InputError, match="--pass: expected the file of a pass that can be read") as error:
        operation.read(Path(f"{folder}{token('mira')}"))
    assert token("mira") not in str(error.value)
    assert error.value.got is None
    with pytest.raises(InputError, match=r"got 'nowhere\.pass'"):
        operation.read(Path("nowhere.pass"))


@pytest.mark.parametrize("wrong", ["", "hubpass-", "hubpass-abc", "hubpass-" + "ä" * 43, token("mira")[8:]])
def test_what_is_no_pass_is_refused_without_being_repeated(wrong: str) -> None:
    with pytest.raises(HubError, match="that is no pass") as error:
        operation.secret_of(wrong)
    assert not wrong or wrong not in str(error.value).replace("hubpass-,", "")


def on_the_staff(monkeypatch: pytest.MonkeyPatch, *data: BaseDatum) -> None:
    """This is all that is laid down."""

    async def editions(_url: str, kind: str) -> list[BaseDatum]:
        return [one for one in data if kind == one.KIND]

    monkeypatch.setattr(base, "editions", editions)
    monkeypatch.setattr(operation, "as_data", lambda found: found)


async def drafted(name: str = "") -> operation.Issued:
    return await operation.draft("", "mira", name=name, may=("prepare",), dealers=(), days=9, now=NOON)


MIRA = Staff(occurred_at=NOON - timedelta(9), id="mira", name="Mira Bell", dealer="ber-01", revision=3)


async def test_who_has_left_gets_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_staff(monkeypatch, MIRA, MIRA.model_copy(update={"effective_from": NOON.date(), "retired": True}))
    for name in ("", "Mira Bell"):
        with pytest.raises(InputError, match="STAFF: expected somebody who is still on the staff"):
            await drafted(name)


async def test_who_leaves_later_gets_one_today(monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_staff(monkeypatch, MIRA, MIRA.model_copy(update={"effective_from": NOON.date() + timedelta(1), "retired": True}))
    new = await drafted()
    assert new.laid == [new.held]


async def test_who_comes_later_is_known_already(monkeypatch: pytest.MonkeyPatch) -> None:
    laid = [MIRA.model_copy(update={"effective_from": NOON.date() + timedelta(days), "manager": f"m{days}"}) for days in (9, 1)]
    on_the_staff(monkeypatch, *laid)
    new = await drafted()
    assert (new.laid, new.is_new) == ([new.held], False)
    other = (await drafted("Mira Roth")).holder
    assert other is not None
    assert (other.name, other.dealer, other.manager) == ("Mira Roth", "ber-01", "m1")


async def test_another_name_is_laid_down_from_today_on_and_the_same_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_staff(monkeypatch, MIRA)
    assert [type(one) for one in (await drafted("Mira Bell")).laid] == [StaffPass]
    new = await drafted("Mira Roth")
    assert [type(one) for one in new.laid] == [Staff, StaffPass]
    assert new.holder is not None
    assert (new.holder.name, new.holder.dealer, new.holder.effective_from, new.is_new) == ("Mira Roth", "ber-01", NOON.date(), False)
    with pytest.raises(InputError, match="--name"):
        await drafted("x" * 999)


async def test_a_pass_of_several_editions_is_listed_once_as_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    first = a_pass("mira")
    on_the_staff(monkeypatch, first, first.model_copy(update={"effective_from": date(2026, 5, 1), "revoked_at": NOON}), a_pass("jonas"))
    found = {one.staff: standing(one, NOON) for one in await operation.held("", NOON)}
    assert found == {"mira": "revoked", "jonas": "good"}
    with pytest.raises(InputError, match="somebody who has a pass that is good"):
        await operation.revoked("", "mira", NOON)


@pytest.mark.parametrize("days", range(-2, 3))
@pytest.mark.parametrize("other", [{}, {"retired": True}, {"revoked_at": NOON}, {"expires_at": NOON}, {"effective_from": NOON.date()}])
def test_the_rule_takes_what_is_good_and_nothing_else(other: dict[str, Any], days: int) -> None:
    held = a_pass("jonas").model_copy(update=other)
    event = signed(APPROVED.model_copy(update={"occurred_at": NOON + timedelta(days)}), secret("jonas"))
    assert isinstance(judged(event, held), Change) is (standing(held, event.occurred_at) == "good")
