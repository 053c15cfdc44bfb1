"""Consents, suppressions and reports through the engine: who may be sent what, set by set."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.acts import CONSENT_RECORDED, SUPPRESSION_ADDED, SUPPRESSION_RELEASED
from contracts.addresses import address_key
from contracts.base import CONSENT_PURPOSE_RECORDED
from contracts.consents import CONSENT_GIVEN, CONSENT_UPDATED, CONSENT_WITHDRAWN
from contracts.contract import Lineage
from contracts.reports import ADDRESS_BOUNCED, DELIVERY_REPORTED, RECIPIENT_OPTED_OUT, RECIPIENT_UNSUBSCRIBED
from contracts.topics import ACTS, OEM_BASE, OEM_CRM, REPORTS
from hub.consumers.campaigns import campaigns
from hub.operations.consents import of_person
from hub.rules.permission import refusal
from hub.state import consents, rows
from hub.state.consent_desk import Chosen
from hub.state.consents import Wish, standings
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support.crm import after
from tests.support.engine import NOON, Engine, Log

MAIL, SMS = address_key("email", "ada@mail.example"), address_key("sms", "+49 30 23125 001")
LAST = NOON + timedelta(days=30)


class Talk:
    """What dealers, the OEM, providers and operators say in these tests."""

    def __init__(self) -> None:
        self.log = Log()
        self._count = 0

    def purpose(self, name: str = "news", **body: Any) -> Stored:
        key = f"consent_purpose/{name}@1900-01-01"
        return self.log.say(
            CONSENT_PURPOSE_RECORDED, {"id": name, "name": name, **body}, id=f"b-{name}", topic=OEM_BASE.name, source="/oem/base", key=key
        )

    def given(self, hours: float, dealer: str = "ber-001", **body: Any) -> Stored:
        said = {"person": "C-1", "channels": ["email"], "purposes": ["news"], "proof": {"where": "web"}, **body}
        return self._say(CONSENT_GIVEN, said, hours, dealer=dealer)

    def misnamed(self, hours: float) -> Stored:
        """What a dealer may not say: the consent of another dealer's customer."""
        said = {"person": "C-1", "channels": ["email"], "purposes": ["news"], "proof": {"where": "web"}, "dealer": "mun-002"}
        return self._say(CONSENT_GIVEN, said, hours)

    def withdrawn(self, hours: float, dealer: str = "ber-001", **body: Any) -> Stored:
        return self._say(CONSENT_WITHDRAWN, {"person": "C-1", **body}, hours, dealer=dealer)

    def oem(self, lineage: Lineage[Any], hours: float, **body: Any) -> Stored:
        return self._say(lineage, {"person": "C-1", **body}, hours, topic=OEM_CRM.name, source="/oem/crm")

    def reported(self, lineage: Lineage[Any], hours: float, **body: Any) -> Stored:
        return self._say(lineage, body, hours, topic=REPORTS.name, source="/hub/door")

    def act(self, lineage: Lineage[Any], hours: float, **body: Any) -> Stored:
        said = {"who": "op", "why": "told so", "consumer": "campaigns", **body}
        return self._say(lineage, said, hours, topic=ACTS.name, source="/hub/operators/op")

    def _say(self, lineage: Lineage[Any], body: dict[str, Any], hours: float, **how: Any) -> Stored:
        """One event so many hours after noon; `again` is the id of one that was said before."""
        self._count += 1
        name = body.pop("again", f"c{self._count}")
        return self.log.say(lineage, {"occurred_at": after(hours), **body}, id=name, **how)


def wish(**change: Any) -> Wish:
    return Wish("dealer:ber-001", "customer", "C-1", "email", "news", "ber-001", MAIL)._replace(**change)


async def why_not(engine: Engine, *wishes: Wish, nature: Any = "marketing") -> list[str | None]:
    await rows.make(engine.db, [consents.ROWS])
    return [refusal(standing, nature) for standing in await standings(engine.db, wishes, LAST)]


@pytest.fixture
def talk() -> Talk:
    return Talk()


async def test_a_yes_lets_pass_what_it_names_and_a_no_takes_it_back(database: str, talk: Talk) -> None:
    async with Engine(database, campaigns) as engine:
        talk.purpose()
        talk.purpose("survey", needs_consent=["sms"])
        await engine.lay(talk.log)
        await engine.apply([talk.given(1, channels=["email", "sms"])])
        others = [
            wish(),
            wish(channel="sms", address=SMS),
            wish(purpose="survey"),
            wish(channel="sms", purpose="survey", address=SMS),
            wish(grantee="oem"),
            wish(person="C-2"),
            wish(person_kind="contact"),
            wish(principal="dealer:mun-002"),
            wish(purpose="unheard-of"),
        ]
        no = "no_consent"
        assert await why_not(engine, *others) == [None, None, None, no, no, no, no, no, "no_purpose"]
        await engine.apply([talk.withdrawn(2, channels=["email"])])
        assert await why_not(engine, *others[:3]) == ["withdrawn", None, "withdrawn"]
        assert await why_not(engine, nature="recall") == []
        await engine.apply([talk.given(3), talk.withdrawn(2.5)])
        assert await why_not(engine, *others[:3]) == [None, "withdrawn", "withdrawn"]  # the yes of the third hour is for mail alone


async def test_the_oem_and_an_operator_speak_of_a_dealers_customer_and_meet_in_one_consent(database: str, talk: Talk) -> None:
    async with Engine(database, campaigns) as engine:
        talk.purpose()
        await engine.lay(talk.log)
        said = {"channels": ["email"], "purposes": ["news"], "proof": {"where": "call centre"}, "dealer": "ber-001"}
        await engine.apply([talk.oem(CONSENT_GIVEN, 1, **said), talk.given(1, grantee="oem")])
        assert await why_not(engine, wish(grantee="oem"), wish()) == [None, "no_consent"]
        act = talk.act(CONSENT_RECORDED, 2, person="C-1", status="withdrawn", dealer="ber-001", grantee="oem", proof={"where": "letter"})
        assert await engine.outcomes([act]) == [Outcome.HANDLED]
        assert await why_not(engine, wish(grantee="oem")) == ["withdrawn"]
        heard = [(row["topic"], json.loads(row["body"])) for row in await engine.rows("outbox") if row["type"] == CONSENT_UPDATED.wire]
        assert [(topic, body["status"], body["channel"]) for topic, body in heard] == [
            ("dealer.ber-001.feed", "given", "email"),
            ("dealer.ber-001.feed", "withdrawn", "*"),
        ]
        assert "letter" not in str(heard)
        (effect,) = await engine.rows("act_effects")
        assert effect["effect"] == "done"
        (row, *_) = [row for row in await engine.rows("consents") if row["channel"] == "*"]
        assert (row["status"], row["proof_where"], row["purpose"]) == ("withdrawn", "letter", "*")


async def test_late_news_and_every_order_come_to_the_same(database: str, talk: Talk) -> None:
    async with Engine(database, campaigns) as engine:
        talk.purpose()
        await engine.lay(talk.log)
        for record in (talk.given(3), talk.given(1), talk.withdrawn(2, channels=["email"], purposes=["news"]), talk.given(3, again="c1")):
            await engine.apply([record])
        (row,) = await engine.rows("consents")
        assert (row["status"], row["since"]) == ("given", NOON + timedelta(hours=3))
        assert sum(row["consumer"] == "campaigns" for row in await engine.rows("journal")) == 3


async def test_a_dealer_cannot_speak_for_another_and_a_no_waits_behind_no_dead_letter(database: str, talk: Talk) -> None:
    async with Engine(database, campaigns) as engine:
        talk.purpose()
        await engine.lay(talk.log)
        foreign = talk.given(1, grantee="mun-002")
        assert await engine.outcomes([foreign, talk.given(2), talk.withdrawn(3)]) == [Outcome.DEAD, Outcome.HELD, Outcome.HANDLED]
        assert await why_not(engine, wish()) == ["withdrawn"]
        assert [row["grantee"] for row in await engine.rows("consents")] == ["ber-001"]


async def test_a_yes_to_a_purpose_that_is_laid_down_later_waits_for_it(database: str, talk: Talk) -> None:
    async with Engine(database, campaigns) as engine:
        assert await engine.outcomes([talk.given(1)]) == [Outcome.WAITING]
        talk.purpose()
        await engine.lay(talk.log)
        await engine.apply(await engine.relay(talk.log))
        assert await why_not(engine, wish()) == [None]


async def test_suppression_is_by_address_whoever_knows_it(database: str, talk: Talk) -> None:
    async with Engine(database, campaigns) as engine:
        talk.purpose()
        talk.purpose("recall", is_marketing=False, needs_consent=[])
        await engine.lay(talk.log)
        await engine.apply([talk.given(1), talk.given(1, dealer="mun-002")])
        both = [wish(), wish(principal="dealer:mun-002", grantee="mun-002")]
        recall = wish(purpose="recall")
        assert await why_not(engine, *both) == [None, None]
        await engine.apply([talk.act(SUPPRESSION_ADDED, 2, address=MAIL, channel="email")])
        assert await why_not(engine, *both) == ["operator", "operator"]
        assert await why_not(engine, recall, nature="recall") == [None]
        await engine.apply([talk.act(SUPPRESSION_ADDED, 3, address=MAIL, channel="email", is_legal=True)])
        assert await why_not(engine, recall, nature="recall") == ["legal"]
        for reason in ("legal", "operator"):
            await engine.apply([talk.act(SUPPRESSION_RELEASED, 4, address=MAIL, channel="email", reason=reason)])
        assert await why_not(engine, *both) == [None, None]
        bounce = {"address": MAIL, "channel": "email", "cause": "unknown_address", "is_permanent": True, "delivery": "d1"}
        await engine.apply([talk.reported(ADDRESS_BOUNCED, 5, **bounce)])
        assert await why_not(engine, *both) == ["unknown_address", "unknown_address"]
        (report,) = await engine.rows("delivery_reports")
        assert (report["ref"], report["status"], report["cause"]) == ("d1", "bounced", "unknown_address")
        await engine.apply([talk.reported(RECIPIENT_OPTED_OUT, 6, address=SMS, channel="sms", provider="local")])
        assert await why_not(engine, wish(channel="sms", address=SMS, purpose="recall"), nature="recall") == ["opted_out"]


async def test_a_link_ends_the_same_letters_for_everybody_at_that_address_until_a_newer_yes(database: str, talk: Talk) -> None:
    async with Engine(database, campaigns) as engine:
        talk.purpose()
        await engine.lay(talk.log)
        told = {"purpose": "news", "grantee": "oem", "person_kind": "customer", "person": "C-1", "dealer": "ber-001", "means": "one_click"}
        link = {**told, "channel": "email", "address": MAIL, "delivery": str(UUID(int=1))}
        await engine.apply([talk.given(1, grantee="oem"), talk.given(1), talk.given(1, dealer="mun-002", grantee="oem")])
        await engine.apply([talk.reported(RECIPIENT_UNSUBSCRIBED, 2, **link)])
        all_three = [wish(grantee="oem"), wish(), wish(principal="dealer:mun-002", grantee="oem")]
        assert await why_not(engine, *all_three) == ["withdrawn", None, "unsubscribed"]
        await engine.apply([talk.given(3, dealer="mun-002", grantee="oem")])
        assert await why_not(engine, *all_three) == ["withdrawn", None, None]
        await engine.apply([talk.reported(RECIPIENT_UNSUBSCRIBED, 4, **link)])
        assert (await why_not(engine, *all_three))[2] == "unsubscribed"


async def test_reports_in_any_order_and_twice_stand_at_the_furthest(database: str, talk: Talk) -> None:
    async with Engine(database, campaigns) as engine:
        told = [
            talk.reported(DELIVERY_REPORTED, hours, delivery="d1", provider="local", status=status, reference="SM1", **again)
            for hours, status, again in ((2, "sent", {}), (1, "delivered", {}), (3, "queued", {}), (1, "delivered", {"again": "c2"}))
        ]
        await engine.apply(told[:1])
        assert await engine.outcomes(told[1:]) == [Outcome.HANDLED, Outcome.HANDLED, Outcome.DUPLICATE]
        (report,) = await engine.rows("delivery_reports")
        assert (report["status"], report["since"], report["reference"]) == ("delivered", NOON + timedelta(hours=1), "SM1")


async def test_the_ledger_says_of_each_word_whether_it_counts(database: str, talk: Talk) -> None:
    async with Engine(database, campaigns) as engine:
        talk.purpose()
        await engine.lay(talk.log)
        await engine.apply([talk.given(1, again="first"), talk.given(2, corrects="first")])
        await engine.apply([talk.withdrawn(3, channels=["email"], purposes=["news"])])
        await engine.apply([talk.misnamed(4), talk.given(5)])  # refused, and what is held behind it
        [stands], said = await of_person(database, Chosen(person="C-1"))
        assert stands.status == "withdrawn"
        assert [word.counts for word in said[stands.ref]] == [False, True, True, False, False]
