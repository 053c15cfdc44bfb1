"""The words `hub consents`, `hub suppressions` and `hub door`: what an operator enters is an act, and nobody's address is shown."""

from collections.abc import AsyncIterator

import pytest

from contracts.addresses import address_key
from hub.consumers.campaigns import campaigns
from hub.local.kafka import Kafka
from hub.state import door
from tests.integration.test_engine_consents import Talk
from tests.support.operators_hand import Operator, operating

WHY = ("--why", "told us", "--yes")
PERSON = ("C-1", "--dealer", "ber-001")
MAIL = "ada@mail.example"


@pytest.fixture
async def operator(kafka: Kafka, database: str) -> AsyncIterator[Operator]:
    talk = Talk()
    talk.purpose()
    async with operating(kafka, database, campaigns) as operator:
        await operator.engine.lay(talk.log)
        yield operator


async def test_a_consent_is_entered_shown_with_its_proof_and_withdrawn(operator: Operator) -> None:
    assert "Nobody said anything" in (await operator.types("consents", "list")).stdout
    words = ("--channel", "email", "--purpose", "news", "--where", "signed form", "--text-version", "2026-02")
    foretold = await operator.types("consents", "give", *PERSON, *words, "--dry-run")
    assert "nothing was said" in foretold.stdout
    assert await operator.engine.rows("consents") == []
    given = await operator.does("consents", "give", *PERSON, *words, *WHY)
    assert (given.exit_code, "1 done" in given.stdout) == (0, True)
    (listed,) = await operator.json("consents", "list", "--dealer", "ber-001")
    assert (listed["person"], listed["grantee"], listed["status"]) == ("C-1", "ber-001", "given")
    withdrawn = await operator.does("consents", "withdraw", *PERSON, *words[:6], *WHY)
    assert withdrawn.exit_code == 0
    (shown,) = await operator.json("consents", "show", *PERSON)
    assert shown["status"] == "withdrawn"
    assert [word["type"] for word in shown["ledger"]] == ["hub.consent.recorded.v1"] * 2
    told = (await operator.types("consents", "show", *PERSON)).stdout
    assert "proof" in told
    assert "hub.acts@0:" in told
    assert "signed form" not in told
    again = await operator.does("consents", "withdraw", *PERSON, "--where", "call", "--json", *WHY)
    assert again.exit_code == 0
    (act,) = [row for row in await operator.json("acts", "list", "--what", "consent") if row["details"].get("channels") == []]
    assert act["effect"] == ["done"]


WRONG = (
    (("--purpose", "news", "--where", "x"), "--channel: expected what was agreed to, by name"),
    (("--channel", "pigeon", "--purpose", "news", "--where", "x"), "--channel: expected"),
    (("--channel", "email", "--purpose", "nothing", "--where", "x"), "--purpose: expected one of news"),
    (("--channel", "email", "--purpose", "news"), "--where: expected"),
    (("--channel", "email", "--purpose", "news", "--where", "x", "--kind", "cat"), "--kind: expected"),
    (("--channel", "email", "--purpose", "news", "--where", "x"), "--why: expected a reason"),
)


async def test_a_wrong_word_is_named_and_a_consent_of_somebody_else_refused(operator: Operator) -> None:
    for words, told in WRONG:
        refused = await operator.types("consents", "give", *PERSON, *words)
        assert told in str(refused.exception)
    assert "--channel: expected" in str((await operator.types("consents", "list", "--channel", "fax")).exception)
    assert await operator.acts() == []
    right = ("--channel", "email", "--purpose", "news", "--where", "x")
    refused = await operator.does("consents", "give", *PERSON, *right, "--grantee", "mun-002", *WHY)
    assert refused.exit_code == 1
    assert "dead: rejected: grantee" in refused.stdout


async def test_an_address_is_suppressed_listed_masked_and_released_from_one_reason(operator: Operator) -> None:
    assert "No address is suppressed." in (await operator.types("suppressions", "list")).stdout
    for channel, slip, told in (
        ("email", "mail.example", "ada@mail.example"),
        ("sms", "0170 1234567", "+491701234567"),
        ("sms", "+49 0170 1234567", "+491701234567"),
        ("post", " ", "street"),
    ):
        refused = await operator.types("suppressions", "add", slip, "--channel", channel, *WHY)
        assert "ADDRESS: expected" in str(refused.exception)
        assert told in str(refused.exception)
    added = await operator.does("suppressions", "add", MAIL, "--channel", "email", *WHY)
    legal = await operator.does("suppressions", "add", f" {MAIL.upper()}", "--channel", "email", "--legal", *WHY)
    assert (added.exit_code, legal.exit_code) == (0, 0)
    listed = (await operator.types("suppressions", "list", "--address", MAIL, "--channel", "email")).stdout
    assert "a…@mail.example" in listed
    assert "legal, operator" in listed
    assert MAIL not in listed
    key = address_key("email", MAIL)
    foretold = await operator.types("suppressions", "release", key[:12], "--reason", "operator", "--dry-run")
    assert "still suppressed: legal" in foretold.stdout
    assert (await operator.does("suppressions", "release", key[:12], "--reason", "operator", *WHY)).exit_code == 0
    assert (await operator.does("suppressions", "release", MAIL, "--channel", "email", "--reason", "legal", *WHY)).exit_code == 0
    assert [one["reasons"] for one in await operator.json("suppressions", "list", "--released")] == [{}]
    said = [record.value for record in await operator.acts()]
    assert not any(MAIL.encode() in (value or b"").lower() for value in said)
    none = await operator.types("suppressions", "release", MAIL, "--channel", "email", "--reason", "legal", *WHY)
    assert "ADDRESS: expected one address that is suppressed for legal" in str(none.exception)


@pytest.mark.thorough
async def test_a_dealers_token_is_shown_once_and_rotated_suspended_and_revoked(operator: Operator) -> None:
    nobody = await operator.types("door", "issue", "nobody-here", "--why", "x")
    assert "DEALER: expected a dealer that exists" in str(nobody.exception)
    added = await operator.types("partners", "add", "dealer", "tok-01", "--why", "new")
    assert added.exit_code == 0, added.exception
    old = _token(await operator.types("door", "issue", "tok-01", "--why", "no client"))
    assert (await _opens(operator, old)) is True
    new = _token(await operator.types("door", "rotate", "tok-01", "--grace", "1", "--why", "yearly"))
    assert [await _opens(operator, old), await _opens(operator, new)] == [True, True]
    assert "2 tokens at the door open nothing" in (await operator.types("partners", "suspend", "dealer", "tok-01", "--why", "loops")).stderr
    assert [await _opens(operator, token) for token in (old, new)] == [False, False]
    later = await operator.types("door", "issue", "tok-01", "--why", "lost the first")
    assert "stays suspended" in later.stderr
    assert await _opens(operator, _token(later)) is False
    await operator.types("partners", "resume", "dealer", "tok-01", "--why", "mended")
    assert [await _opens(operator, token) for token in (new, _token(later))] == [True, True]
    assert {one["principal"] for one in await operator.json("door", "list")} == {"dealer:tok-01"}
    assert (await operator.types("door", "revoke", "tok-01", "--why", "has a client")).exit_code == 0
    assert [await _opens(operator, token) for token in (old, new)] == [None, None]
    assert "No dealer has a token" in (await operator.types("door", "list")).stdout


def _token(result: object) -> str:
    told = str(getattr(result, "stdout", ""))
    return told.rpartition(": ")[2].strip()


async def _opens(operator: Operator, token: str) -> bool | None:
    """Whether a token opens the door: no while it is suspended, none where it is no token any more."""
    found = await door.speaker(operator.engine.db, token)
    return None if found is None else not found.is_suspended
