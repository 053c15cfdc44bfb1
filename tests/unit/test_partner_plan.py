"""A partner gets exactly what it needs, and nobody else's."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InputError
from hub.operations.partner_plan import DEFAULT_QUOTA, Found, Partner, Rule, beyond, missing, state

BER = Partner.named("dealer", "ber-01")
COMPLETE = Found(frozenset(BER.topics), BER.rules, DEFAULT_QUOTA, has_user=True)
IDS = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)


def test_a_dealer_writes_its_events_and_reads_its_feed_and_nothing_else() -> None:
    assert {str(rule) for rule in BER.rules} == {
        "write topic dealer.ber-01.events",
        "describe topic dealer.ber-01.events",
        "read topic dealer.ber-01.feed",
        "describe topic dealer.ber-01.feed",
        "read group dealer.ber-01.*",
    }


def test_a_carrier_writes_two_topics_and_reads_one() -> None:
    carrier = Partner.named("carrier", "acme")
    assert {rule.name for rule in carrier.writing} == {"carrier.acme.tracking", "carrier.acme.freight"}
    assert {rule.name for rule in carrier.rules if rule.operation == "read"} == {"carrier.acme.requests", "carrier.acme."}


def test_the_erp_has_no_id_and_reads_its_requests() -> None:
    erp = Partner.named("erp")
    assert (erp.user, erp.group_prefix, erp.words) == ("erp", "erp.", "erp")
    assert {rule.name for rule in erp.writing} == {"erp.orders", "erp.despatch"}
    assert Rule("topic", "hub.erp.requests", "read") in erp.rules


@given(st.sampled_from(["dealer", "carrier"]), IDS, IDS)
def test_two_partners_share_no_right_and_no_group(kind: str, one: str, other: str) -> None:
    if one == other:
        return
    a, b = Partner.named(kind, one), Partner.named(kind, other)
    assert not a.rules & b.rules
    assert not a.topics.keys() & b.topics.keys()
    assert not f"{b.group_prefix}any".startswith(a.group_prefix)


@pytest.mark.parametrize("partner", ["", "BER", "a.b", "a_b", "ä", "x" * 41, "a\n", "a b", "*", "../x"])
def test_an_id_that_could_not_be_part_of_a_topic_is_refused(partner: str) -> None:
    with pytest.raises(InputError) as caught:
        Partner.named("dealer", partner)
    assert caught.value.path == "id"


def test_no_dealer_is_called_as_the_oem_is() -> None:
    with pytest.raises(InputError, match="id: expected a dealer's own"):
        Partner.named("dealer", "oem")
    assert Partner.of_user("dealer.oem") is None
    assert Partner.named("carrier", "oem").topics.keys().isdisjoint({"oem.base", "oem.crm"})


def test_an_unknown_kind_and_an_erp_with_an_id_are_refused() -> None:
    with pytest.raises(InputError, match="kind: expected dealer or carrier or erp"):
        Partner.named("supplier", "x")
    with pytest.raises(InputError, match="id: expected none"):
        Partner.named("erp", "x")


@pytest.mark.parametrize("user", ["hub", "dealer", "dealer.", "dealer.A", "dealer.a.b", "erp.x", "oem", ""])
def test_users_of_the_house_are_no_partners(user: str) -> None:
    assert Partner.of_user(user) is None


def test_a_users_name_leads_back_to_its_partner() -> None:
    for partner in (BER, Partner.named("carrier", "acme"), Partner.named("erp")):
        assert Partner.of_user(partner.user) == partner


def test_a_new_partner_lacks_everything_and_its_user_comes_last() -> None:
    lacks = missing(BER, Found())
    assert state(BER, Found()) == "absent"
    assert (len(lacks.topics), frozenset(lacks.rules), lacks.quota, lacks.user) == (2, BER.rules, DEFAULT_QUOTA, True)
    assert lacks.words[-1] == "user with a password"


def test_a_complete_partner_lacks_nothing() -> None:
    assert state(BER, COMPLETE) == "active"
    assert missing(BER, COMPLETE).words == ()


@given(topics=st.sets(st.sampled_from(sorted(BER.topics))), rules=st.sets(st.sampled_from(sorted(BER.rules, key=str))), user=st.booleans())
def test_what_is_there_and_what_is_missing_make_a_whole(topics: set[str], rules: set[Rule], user: bool) -> None:
    found = Found(frozenset(topics), frozenset(rules), {}, has_user=user)
    lacks = missing(BER, found)
    assert topics.isdisjoint(lacks.topics)
    assert rules.isdisjoint(lacks.rules)
    after = Found(found.topics | set(lacks.topics), found.rules | set(lacks.rules), {**found.quota, **lacks.quota}, has_user=True)
    assert state(BER, after) == ("suspended" if state(BER, found) == "suspended" else "active")
    assert missing(BER, after).words == ()


def test_adding_again_does_not_end_a_suspension() -> None:
    suspended = replace(COMPLETE, rules=BER.rules - BER.writing)
    assert state(BER, suspended) == "suspended"
    assert missing(BER, suspended).words == ()


def test_a_quota_changes_only_when_asked() -> None:
    own = replace(COMPLETE, quota={**DEFAULT_QUOTA, "producer_byte_rate": 7.0})
    assert missing(BER, own).quota == {}
    assert missing(BER, own, {"producer_byte_rate": 9.0}).quota == {"producer_byte_rate": 9.0}
    assert missing(BER, own, {"producer_byte_rate": 7.0}).quota == {}


def test_access_that_somebody_else_gave_is_told() -> None:
    more = replace(COMPLETE, rules=BER.rules | {Rule("topic", "hub.crm", "read")}, others=("deny read topic x",))
    assert beyond(BER, more) == ("deny read topic x", "allow read topic hub.crm")
