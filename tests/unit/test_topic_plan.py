"""The plan for topics closes every gap that can be closed without loss, and refuses the others unless told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.topics import CATALOGUE, DEALER_EVENTS, OEM_BASE
from hub.operations.topic_plan import GROW_PARTITIONS, SHRINK_RETENTION, Existing, Step, Wanted, of_catalogue, partners, plan, wanted

DAY = 86_400_000
WANT = Wanted("hub.crm", 4, 1, {"cleanup.policy": "delete", "retention.ms": str(90 * DAY)})
HAVE = Existing("hub.crm", 4, 1, {"cleanup.policy": "delete", "retention.ms": str(90 * DAY), "segment.ms": "1"})

TOPICS = st.builds(
    Wanted,
    st.sampled_from("abcdef"),
    st.integers(1, 8),
    st.integers(1, 3),
    st.fixed_dictionaries(
        {"cleanup.policy": st.sampled_from(["delete", "compact"]), "retention.ms": st.sampled_from(["-1", "1000", "5000"])}
    ),
)


def step(want: Wanted = WANT, have: Existing = HAVE) -> Step:
    [only] = plan([want], [have]).steps
    return only


def test_a_topic_as_wanted_needs_nothing() -> None:
    assert plan([WANT], [HAVE]).is_empty


def test_a_missing_topic_is_created() -> None:
    [create] = plan([WANT], []).steps
    assert (create.what, create.topic, create.becomes) == ("create", "hub.crm", "partitions 4, replicas 1, kept 90 days")
    assert create.is_allowed(())


def test_longer_retention_needs_no_flag() -> None:
    change = step(have=replace(HAVE, config={**HAVE.config, "retention.ms": str(30 * DAY)}))
    assert change.is_allowed(())


@pytest.mark.parametrize("was", ["-1", str(91 * DAY)])
def test_shorter_retention_needs_its_flag_and_says_what_is_lost(was: str) -> None:
    change = step(have=replace(HAVE, config={**HAVE.config, "retention.ms": was}))
    assert not change.is_allowed(())
    assert not change.is_allowed([GROW_PARTITIONS])
    assert change.is_allowed([SHRINK_RETENTION])
    assert "older than 90 days" in change.loses


def test_compacting_a_topic_loses_records_and_needs_the_flag() -> None:
    change = step(want=replace(WANT, config={**WANT.config, "cleanup.policy": "compact"}))
    assert change.needs == SHRINK_RETENTION
    assert change.loses == "every record but the last of each key"


def test_more_partitions_break_the_order_of_keys() -> None:
    change = step(have=replace(HAVE, partitions=2))
    assert not change.is_allowed([SHRINK_RETENTION])
    assert change.is_allowed([GROW_PARTITIONS])
    assert "order" in change.loses


@pytest.mark.parametrize("have", [replace(HAVE, partitions=8), replace(HAVE, replication=3)])
def test_what_kafka_cannot_do_is_refused_whatever_the_flags(have: Existing) -> None:
    assert not step(have=have).is_allowed([SHRINK_RETENTION, GROW_PARTITIONS])


def test_unknown_topics_are_shown_and_never_a_step() -> None:
    found = plan([WANT], [HAVE, Existing("somebody.else", 1, 1, {})])
    assert found.unknown == ("somebody.else",)
    assert found.is_empty


@given(st.lists(TOPICS, unique_by=lambda topic: topic.name), st.lists(TOPICS, unique_by=lambda topic: topic.name))
def test_after_every_step_nothing_is_left_and_nothing_unasked_shrinks(wants: list[Wanted], haves: list[Wanted]) -> None:
    there = {have.name: Existing(have.name, have.partitions, have.replication, have.config) for have in haves}
    for change in plan(wants, there.values()).steps:
        want = next(want for want in wants if want.name == change.topic)
        if change.what == "create":
            assert change.topic not in there
        elif change.is_allowed(()):
            assert _kept(want.config["retention.ms"]) >= _kept(there[change.topic].config["retention.ms"]) or change.what != "retention.ms"
            assert change.what not in {"partitions", "replication"}
    as_wanted = [Existing(want.name, want.partitions, want.replication, want.config) for want in wants]
    assert plan(wants, as_wanted).is_empty


def _kept(text: str) -> float:
    return float("inf") if text == "-1" else int(text)


def test_the_catalogue_without_partners_has_no_partner_topic() -> None:
    names = {topic.name for topic in wanted({}, 1)}
    assert names == {topic.name for topic in CATALOGUE if not topic.is_per_partner}


def test_partners_are_found_by_topics_and_by_users() -> None:
    found = partners(["dealer.ber-01.feed", "carrier.dhl.requests", "hub.crm", "dealer.X.events"], ["dealer.muc-02", "erp", "hub"])
    assert found == {"dealer": ["ber-01", "muc-02"], "carrier": ["dhl"]}
    assert "dealer.muc-02.events" in {topic.name for topic in wanted(found, 1)}


def test_configuration_comes_from_the_catalogue() -> None:
    assert of_catalogue(OEM_BASE, "oem.base", 1).config == {
        "cleanup.policy": "compact",
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": "-1",
    }
    assert of_catalogue(DEALER_EVENTS, "dealer.a.events", 3).config == {
        "cleanup.policy": "delete",
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": "-1",
        "min.insync.replicas": "2",
    }
