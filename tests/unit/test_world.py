"""A world says the same for the same seed, with as many faults as asked for, and all in words that the contracts know."""

import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from contracts import envelope
from contracts.catalogue import NewerVersion, lookup
from contracts.contract import Invalid
from hub.world import lives
from hub.world.faults import Faults
from hub.world.speech import NEWER, Utterance
from hub.world.world import World, dealer_ids

NO_FAULTS = Faults(late=0, repeated=0, corrected=0, opened_late=0, bad=0, holding=0, structured=0, historical=0)


def bytes_of(world: World, most: int = 3_000) -> str:
    digest = sha256()
    for said in world.utterances(most):
        digest.update(repr(said).encode())
    return digest.hexdigest()


def test_the_same_seed_says_the_same_bytes() -> None:
    assert bytes_of(World(5, seed=7)) == bytes_of(World(5, seed=7))


def test_another_process_says_the_same_bytes() -> None:
    script = "from tests.unit.test_world import *; print(bytes_of(World(5, seed=7), 500))"
    root = Path(__file__).parents[2]
    other = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env={"PYTHONHASHSEED": "99"}, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == bytes_of(World(5, seed=7), 500)


def test_another_seed_says_something_else_under_other_references() -> None:
    one, other = World(5, seed=1), World(5, seed=2)
    assert bytes_of(one) != bytes_of(other)
    for store in ("customers", "contacts", "leads", "opportunities"):
        assert not set(one.truth().rows[store]) & set(other.truth().rows[store])


def test_base_data_is_the_same_in_every_world() -> None:
    assert World(5, seed=1).base_data() == World(5, seed=2).base_data()


def test_shares_of_faults_are_about_what_was_asked() -> None:
    world = World(30, seed=3, faults=Faults(late=0.1, repeated=0.1, corrected=0.05, opened_late=0.1, bad=0.04, structured=0.3))
    for _ in world.utterances(30_000):
        pass
    told, records = world.told, world.told["records"]
    assert 0.08 < told["repeated"] / records < 0.12
    assert 0.03 < told["correction"] / records < 0.06
    assert 0.03 < (told["bad"] + told["refused"]) / records < 0.05
    assert 0.25 < told["structured"] / records < 0.35
    beginnings = sum(len(world.truth().rows[store]) for store in ("customers", "contacts", "leads", "opportunities"))
    assert 0.04 < told["opened_late"] / beginnings < 0.12
    assert 0.02 < told["late"] / records < 0.1


def test_a_world_without_faults_has_none() -> None:
    world = World(5, seed=3, faults=NO_FAULTS)
    for _ in world.utterances(3_000):
        pass
    assert set(world.told) <= {"records", "structured"}
    assert not world.truth().dead
    assert world.ending() == []
    assert not world.truth().waiting


def test_after_the_ending_nobody_waits_for_news() -> None:
    world = World(10, seed=4, faults=Faults(opened_late=0.5))
    for _ in world.utterances(5_000):
        pass
    assert "news" in {wait.hold for wait in world.truth().waiting}
    assert world.ending()
    assert "news" not in {wait.hold for wait in world.truth().waiting}


def test_a_bad_record_under_a_living_key_holds_what_comes_after_it() -> None:
    world = World(3, seed=5, faults=Faults(holding=0.2))
    for _ in world.utterances(5_000):
        pass
    held = {wait for wait in world.truth().waiting if wait.hold == "operator"}
    holders = {(f"dealer:{letter.topic.split('.')[1]}", letter.key) for letter in world.truth().dead}
    assert held
    assert {(wait.principal, wait.key) for wait in held} <= holders


def verdict(said: Utterance) -> str:
    """What a reader of the contracts alone says of a record."""
    try:
        found, data = envelope.read(said.headers, said.value)
        lineage, version = lookup(found.type)
        body = lineage.decode(version, data)
    except Invalid as wrong:
        return wrong.reason
    except NewerVersion:
        return NEWER
    return "sound" if said.key == lineage.ref(body).encode() else "key_mismatch"


def test_what_it_means_well_keeps_the_contracts() -> None:
    verdicts = Counter(verdict(said) for said in World(20, seed=6).utterances(20_000) if said.told not in {"bad", "holding"})
    assert set(verdicts) == {"sound"}


def test_what_it_spoils_breaks_the_contracts_for_the_reason_it_says() -> None:
    world = World(5, seed=8, faults=Faults(bad=0.5, holding=0))
    got = Counter(verdict(said) for said in world.utterances(10_000) if said.told == "bad")
    expected = Counter(letter.reason for letter in world.truth().dead)
    expected["schema"] += expected["wrong_topic"]  # whose bodies are a customer's
    for reason in ("schema", "envelope", "unknown_type", "key_mismatch"):
        assert got[reason] == expected[reason] > 0, reason
    assert got["newer_version"] > 0
    assert expected.keys() >= {"from_the_future", "id_reuse", "principal_mismatch", "rejected", "wrong_topic"}


def test_a_correction_names_an_event_of_the_same_source() -> None:
    ids: dict[str, set[str]] = {}
    named: list[tuple[str, str]] = []
    world = World(5, seed=9, faults=Faults(corrected=0.2, bad=0, holding=0))
    for said in world.utterances(8_000):
        found, data = envelope.read(said.headers, said.value)
        ids.setdefault(found.source, set()).add(found.id)
        lineage, version = lookup(found.type)
        corrects = lineage.decode(version, data).corrects
        if corrects is not None and said.topic != "oem.base":
            named.append((found.source, corrects))
    known = [corrects in ids[source] for source, corrects in named]
    assert len(known) > 100
    assert sum(known) / len(known) > 0.9  # some are still on their way


def test_dealer_ids_are_the_same_however_many_are_asked_for() -> None:
    assert dealer_ids(30)[:10] == dealer_ids(10)
    assert len(set(dealer_ids(500))) == 500


@pytest.mark.parametrize("count", [0, -1, 9_991])
def test_a_world_without_dealers_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="dealers"):
        World(count)


def test_a_change_that_says_all_there_is_clears_nothing() -> None:
    changes = [lives._customer_change(Random(seed), is_person=False) for seed in range(5_000)]
    fields = {"email", "phone", "address", "language", "sector", "revenue", "employees", "note"}
    assert any(fields <= change.keys() for change in changes), "no seed says all"
    assert all(change.get("cleared") != [] for change in changes)
