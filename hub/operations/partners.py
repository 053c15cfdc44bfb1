"""Add, rotate, suspend and resume partners: topics, broker user, rights and quota in one act."""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka.admin import ConfigResource, ResourceType, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from hub.errors import HubError, InputError
from hub.operations import access, topic_plan
from hub.operations.acts import Operator
from hub.operations.cluster import REQUEST_SECONDS, Cluster, made_by_people
from hub.operations.partner_plan import Found, Missing, Partner, State, beyond, missing, state
from hub.operations.requests import quotas, set_quota
from hub.operations.topic_facts import reaches
from hub.operations.topics import create, users
from hub.settings import Settings
from hub.state import door
from hub.state.connect import connect
from hub.state.reading import answering

SCRAM_ITERATIONS = 8192
PASSWORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act did or, as a dry run, would do; `password` is held by nobody else, so it is lost unless shown now.

    `is_whole` is False where a part of it could not be done: a note says which.
    """

    done: tuple[str, ...]
    notes: tuple[str, ...] = ()
    password: str | None = None
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """A partner as the list shows it; `topics` gives each topic's end offset, over all partitions."""

    partner: Partner
    state: State
    topics: Mapping[str, int]
    quota: Mapping[str, float]
    missing: tuple[str, ...]
    others: tuple[str, ...]


def add(
    settings: Settings,
    partner: Partner,
    *,
    quota: Mapping[str, float] | None = None,
    why: str = "",
    dry_run: bool = False,
) -> Outcome:
    """Make whatever the partner lacks; a partner that lacks nothing is left as it is.

    The user comes last: whoever can log in finds everything in its place. Each act needs a reason, `why`.
    """
    cluster = Cluster(settings)
    found = _found(cluster, partner)
    lacks = missing(partner, found, quota)
    notes = [f"has also: {other} (left as it is)" for other in beyond(partner, found)]
    if found.has_user:
        notes.append(f"the password stays: hub partners rotate {partner.words} gives a new one")
    if state(partner, found) == "suspended":
        notes.append(f"stays suspended: hub partners resume {partner.words} lets it write again")
    if dry_run or not lacks.words:
        return Outcome(lacks.words, tuple(notes))
    password = secrets.token_urlsafe(PASSWORD_BYTES) if lacks.user else None
    with Operator(cluster, why).does("partner.added", partner.user, lacks.words) as made:
        _take(_making(cluster, partner, lacks, password), made)
    return Outcome(lacks.words, tuple(notes), password)


def rotate(settings: Settings, partner: Partner, *, why: str = "", dry_run: bool = False) -> Outcome:
    """Give a new password; the old one opens no connection from now on."""
    cluster = Cluster(settings)
    _known(cluster, partner)
    done = (f"new password for user {partner.user}",)
    notes = (_open_connections(cluster),)
    if dry_run:
        return Outcome(done, notes)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with Operator(cluster, why).does("partner.rotated", partner.user, done) as made:
        _set_password(cluster, partner, password)
        made.extend(done)
    return Outcome(done, notes, password)


def suspend(settings: Settings, partner: Partner, *, why: str = "", dry_run: bool = False) -> Outcome:
    """Take every right to write, from open connections too; topics, user, data and the right to read stay."""
    cluster = Cluster(settings)
    _known(cluster, partner)
    done = tuple(f"{right}: taken" for right in access.writing(cluster, partner.user))
    if done and not dry_run:
        with Operator(cluster, why).does("partner.suspended", partner.user, done) as taken:
            done = tuple(f"{right}: taken" for right in access.take_writing(cluster, partner.user))
            taken.extend(done)
    at_the_door, is_whole = _at_the_door(settings, partner, is_suspended=True, dry_run=dry_run)
    return Outcome(done, (*(() if done else ("it was suspended already",)), *at_the_door), is_whole=is_whole)


def resume(settings: Settings, partner: Partner, *, why: str = "", dry_run: bool = False) -> Outcome:
    """Give back the rights to write."""
    cluster = Cluster(settings)
    found = _known(cluster, partner)
    lacking = sorted(partner.writing - found.rules, key=str)
    done = tuple(f"allow {rule}: given" for rule in lacking)
    if done and not dry_run:
        with Operator(cluster, why).does("partner.resumed", partner.user, done) as given:
            access.give(cluster, partner.user, lacking)
            given.extend(done)
    at_the_door, is_whole = _at_the_door(settings, partner, is_suspended=False, dry_run=dry_run)
    return Outcome(done, (*(() if done else ("it was not suspended",)), *at_the_door), is_whole=is_whole)


def is_suspended(cluster: Cluster, partner: Partner) -> bool:
    """Whether its rights to write were taken."""
    return state(partner, _found(cluster, partner)) == "suspended"


def standings(settings: Settings) -> list[Standing]:
    """Every partner that has a user or a topic, sorted by kind and id."""
    cluster = Cluster(settings)
    topics = cluster.metadata().topics
    names, known_users = frozenset(made_by_people(topics)), frozenset(users(cluster))
    partners = {partner for user in known_users if (partner := Partner.of_user(user))}
    partners |= {Partner.named(kind, one) for kind, ids in topic_plan.partners(names).items() for one in ids}
    theirs = {name: len(topics[name].partitions) for partner in partners for name in partner.topics if name in names}
    ends = {name: sum(part.end for part in parts) for name, parts in reaches(cluster, theirs).items()}
    granted, limits = access.granted(cluster), quotas(settings)
    standings = []
    for partner in sorted(partners, key=lambda one: one.user):
        rules, others = granted.get(partner.user, (frozenset(), ()))
        found = Found(names & partner.topics.keys(), rules, limits.get(partner.user, {}), partner.user in known_users, others)
        ours = {name: ends[name] for name in partner.topics if name in ends}
        standings.append(Standing(partner, state(partner, found), ours, found.quota, missing(partner, found).words, beyond(partner, found)))
    return standings


def _at_the_door(settings: Settings, partner: Partner, *, is_suspended: bool, dry_run: bool) -> tuple[tuple[str, ...], bool]:
    """Its tokens open nothing either while it is suspended: notes, and whether it is done.

    A database that is away is told of, as the broker has acted already.
    """
    if dry_run or partner.kind != "dealer":
        return (), True

    async def change() -> int:
        connection = await connect(url, name="hub partners")
        try:
            await door.hold(connection, f"dealer:{partner.id}")
            return await door.suspend(connection, f"dealer:{partner.id}", is_suspended=is_suspended)
        finally:
            await connection.close(timeout=2)

    url = settings.database_url.get_secret_value()
    try:
        with answering(url):
            changed = asyncio.run(change())
    except HubError as error:
        return (f"its tokens at the door stay as they were, repeat this once it answers: {error}",), False
    return ((f"{changed} tokens at the door {'open nothing' if is_suspended else 'open it again'}",) if changed else ()), True


def _found(cluster: Cluster, partner: Partner) -> Found:
    rules, others = access.granted(cluster, partner.user).get(partner.user, (frozenset(), ()))
    return Found(
        frozenset(made_by_people(cluster.metadata().topics)) & partner.topics.keys(),
        rules,
        quotas(cluster.settings).get(partner.user, {}),
        partner.user in users(cluster),
        others,
    )


def _known(cluster: Cluster, partner: Partner) -> Found:
    found = _found(cluster, partner)
    if not found.has_user:
        raise InputError("id", f"a partner that exists (hub partners list); make it by: hub partners add {partner.words}", partner.user)
    return found


def _making(cluster: Cluster, partner: Partner, lacks: Missing, password: str | None) -> list[tuple[str, Callable[[], None]]]:
    wants = [topic_plan.of_catalogue(partner.topics[name], name, cluster.settings.replication) for name in lacks.topics]
    steps: list[tuple[str, Callable[[], None]]] = []
    if wants:
        steps.append((f"topics {', '.join(lacks.topics)}", lambda: create(cluster, wants, lambda _: None)))
    if lacks.rules:
        steps.append((f"rights to {', '.join(map(str, lacks.rules))}", lambda: access.give(cluster, partner.user, lacks.rules)))
    if lacks.quota:
        amounts = ", ".join(f"{key} {value:.12g}" for key, value in lacks.quota.items())
        steps.append((f"quota {amounts}", lambda: set_quota(cluster.settings, partner.user, lacks.quota)))
    if password is not None:
        steps.append((f"user {partner.user}", lambda: _set_password(cluster, partner, password)))
    return steps


def _take(steps: Iterable[tuple[str, Callable[[], None]]], done: list[str]) -> None:
    for words, step in steps:
        try:
            step()
        except HubError as error:
            made = "; ".join(done) or "nothing"
            raise HubError(f"stopped at {words}: {error}. Made so far: {made}. The same command again makes the rest") from error
        done.append(words)


def _set_password(cluster: Cluster, partner: Partner, password: str) -> None:
    credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS)
    upsertion = UserScramCredentialUpsertion(partner.user, credential, password.encode())
    cluster.settle_all(cluster.admin.alter_user_scram_credentials([upsertion], request_timeout=REQUEST_SECONDS), "setting the password of")


def _open_connections(cluster: Cluster) -> str:
    """What becomes of connections that the old password opened: the broker asks again only if it is told to."""
    broker = ConfigResource(ResourceType.BROKER, str(min(cluster.metadata().brokers)))
    [entries] = cluster.settle_all(
        cluster.admin.describe_configs([broker], request_timeout=REQUEST_SECONDS), "reading the configuration of"
    ).values()
    limit = int(entries["connections.max.reauth.ms"].value or 0)
    if not limit:
        return "connections that are open now stay open until they close: the broker's connections.max.reauth.ms is 0"
    return f"connections that are open now must show the new password within {limit // 1000} s"
