"""Nothing in the language is an orphan: every event type is carried and used, has its schema and its examples, and back."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from contracts import schema
from contracts.acts import FOR_THE_RECORD
from contracts.catalogue import LINEAGES
from contracts.contract import Lineage
from contracts.deliveries import LINEAGES as TOLD_BY_COURIERS
from contracts.records import LINEAGES as RECORDS
from contracts.records import RECORD_REJECTED
from contracts.timers import LINEAGES as TIMERS
from contracts.topics import ACTS, CATALOGUE, DEALER_FEED, DELIVERIES, Topic
from contracts.topics import TIMERS as TIMERS_TOPIC
from hub.consumers import CONSUMERS

BY_THE_ENGINE: dict[str, set[str]] = {
    DEALER_FEED.name: {lineage.name for lineage in RECORDS},
    TIMERS_TOPIC.name: {lineage.name for lineage in TIMERS},
    ACTS.name: {lineage.name for lineage in FOR_THE_RECORD},
    DELIVERIES.name: {lineage.name for lineage in TOLD_BY_COURIERS},
}
"""Topic → event types that no consumer's fold tells: answers to senders, timers of engine and clock, what operators and couriers did."""


def uncarried(lineages: Iterable[Lineage[Any]], topics: Iterable[Topic]) -> list[str]:
    """Event types that no topic carries."""
    carried = {lineage.name for topic in topics for lineage in topic.types}
    return [f"{lineage.name}: let a topic of contracts/topics.py carry it" for lineage in lineages if lineage.name not in carried]


def unused(topics: Iterable[Topic], read: Mapping[str, AbstractSet[str]], told: Mapping[str, AbstractSet[str]]) -> list[str]:
    """What a topic carries and nobody folds from it nor tells through it; both given as topic → event types."""
    return [
        f"{topic.name}: {lineage.name} is neither folded from it nor told through it: drop it there, or use it"
        for topic in topics
        for lineage in topic.types
        if lineage.name not in read.get(topic.name, set()) | told.get(topic.name, set())
    ]


def deaf(read: Mapping[str, AbstractSet[str]], folded: AbstractSet[str]) -> list[str]:
    """Event types that a consumer folds and none of its topics carries."""
    heard = {name for names in read.values() for name in names}
    return sorted(folded - heard)


def unmatched(wanted: AbstractSet[str], there: AbstractSet[str], what: str) -> list[str]:
    """Files that are wanted and missing, and files that nothing wants."""
    return [f"contracts/{name}: add {what}" for name in sorted(wanted - there)] + [
        f"contracts/{name}: no event type of contracts/catalogue.py: remove it" for name in sorted(there - wanted)
    ]


def test_every_event_type_is_carried() -> None:
    assert not (found := uncarried(LINEAGES, CATALOGUE)), "\n".join(found)


def test_the_catalogue_knows_all_that_topics_carry() -> None:
    known = {lineage.name for lineage in LINEAGES}
    strange = {lineage.name for topic in CATALOGUE for lineage in topic.types} - known
    assert not strange, f"contracts/catalogue.py: add {', '.join(sorted(strange))}"


def test_all_that_a_topic_carries_is_used() -> None:
    read: dict[str, set[str]] = {}
    told = {topic: set(names) for topic, names in BY_THE_ENGINE.items()}
    for consumer in CONSUMERS.values():
        for topic in consumer.topics:
            read.setdefault(topic.name, set()).update(lineage.name for lineage in topic.types if consumer.listens_to(lineage))
        for fold in consumer.stores.values():
            for telling in fold.tells:
                told.setdefault(telling.topic.name, set()).add(telling.lineage.name)
    assert not (found := unused(CATALOGUE, read, told)), "\n".join(found)
    for topic in CATALOGUE:
        strange = told.get(topic.name, set()) - {lineage.name for lineage in topic.types}
        assert not strange, f"contracts/topics.py: {topic.name} is told {', '.join(sorted(strange))}: let it carry that"


def test_every_consumer_hears_what_it_folds() -> None:
    for name, consumer in CONSUMERS.items():
        missing = deaf({topic.name: {lineage.name for lineage in topic.types} for topic in consumer.topics}, consumer.folds.keys())
        assert not missing, f"{name}: none of its topics carries {', '.join(missing)}: read one that does, or drop the rule"


def test_every_edition_has_its_schema_and_examples_and_nothing_else_has() -> None:
    editions = [(lineage.name, version) for lineage in LINEAGES for version in range(1, len(lineage.editions) + 1)]
    home = schema.HOME
    schemas = {str(schema.path(home, *edition).relative_to(home)) for edition in editions}
    there = {str(path.relative_to(home)) for path in (home / "schemas").rglob("*") if path.is_file()}
    found = unmatched(schemas, there, "its JSON Schema (`hub contracts generate`)")
    folders = {str(schema.examples(home, *edition).relative_to(home)) for edition in editions}
    kept = {str(path.parent.relative_to(home)) for path in (home / "examples").rglob("*.json")}
    found += unmatched(folders, kept, "a real body as an example, to be kept for ever")
    assert not found, "\n".join(found)


def test_an_uncarried_type_is_seen() -> None:
    assert "record.rejected: let a topic" in uncarried([RECORD_REJECTED], [])[0]
    assert uncarried([RECORD_REJECTED], [DEALER_FEED]) == []


def test_an_orphan_topic_is_seen() -> None:
    assert "neither folded from it nor told" in unused([DEALER_FEED], {}, {})[0]
    assert unused([DEALER_FEED], {}, {DEALER_FEED.name: {lineage.name for lineage in DEALER_FEED.types}}) == []


def test_a_rule_for_what_never_comes_is_seen() -> None:
    assert deaf({"oem.crm": {"lead.received"}}, {"lead.received", "lead.dropped"}) == ["lead.dropped"]


def test_an_orphan_schema_and_a_missing_example_are_seen() -> None:
    assert unmatched({"examples/a/v1"}, {"examples/b/v1"}, "an example") == [
        "contracts/examples/a/v1: add an example",
        "contracts/examples/b/v1: no event type of contracts/catalogue.py: remove it",
    ]
