"""Keep the topics of the cluster as the catalogue wants them: nothing is ever deleted."""

from collections.abc import Callable, Iterable
from time import monotonic, sleep

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, ResourceType

from contracts.topics import ACTS
from hub.operations import topic_plan
from hub.operations.acts import Operator
from hub.operations.cluster import REQUEST_SECONDS, Cluster, made_by_people
from hub.operations.topic_plan import Existing, Plan, Step, Wanted
from hub.settings import Settings

Progress = Callable[[str], None]

_SHOWN_SECONDS = 0.1

AS_WANTED = "the catalogue wants it so"


def survey(cluster: Cluster) -> tuple[list[Existing], list[str]]:
    """Every topic on the cluster with its configuration, and every user with a SCRAM credential."""
    topics = cluster.metadata().topics
    names = made_by_people(topics)
    configs = configuration(cluster, names)
    existing = [
        Existing(
            name, len(topics[name].partitions), min((len(p.replicas) for p in topics[name].partitions.values()), default=0), configs[name]
        )
        for name in names
    ]
    return existing, users(cluster)


def users(cluster: Cluster) -> list[str]:
    """Every user with a SCRAM credential; none on a cluster without security."""
    if cluster.settings.kafka_security == "PLAINTEXT":
        return []
    return sorted(cluster.settle(cluster.admin.describe_user_scram_credentials(request_timeout=REQUEST_SECONDS), "listing users"))


def configuration(cluster: Cluster, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """What holds for each topic, whether set on it or by default."""
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    answers = cluster.settle_all(cluster.admin.describe_configs(resources, request_timeout=REQUEST_SECONDS), "reading the configuration of")
    return {resource.name: {key: entry.value or "" for key, entry in entries.items()} for resource, entries in answers.items()}


def plan(settings: Settings) -> Plan:
    """What `apply` would do; nothing is changed."""
    existing, known_users = survey(Cluster(settings))
    known = topic_plan.partners((topic.name for topic in existing), known_users)
    return topic_plan.plan(topic_plan.wanted(known, settings.replication), existing)


def apply(
    settings: Settings, found: Plan, *, flags: Iterable[str] = (), progress: Progress = print, why: str = AS_WANTED
) -> tuple[Step, ...]:
    """Take the steps of a plan that these flags allow; returns those that were refused.

    Steps already taken when one fails stay taken: a new plan shows what is left. The topic of acts comes first of all.
    """
    given = tuple(flags)
    allowed = [step for step in found.steps if step.is_allowed(given)]
    if allowed:
        cluster = Cluster(settings)
        create(cluster, [step.creates for step in allowed if step.creates and step.topic == ACTS.name], progress)
        steps = [f"{step.topic}: {step.what} {step.becomes}" for step in allowed]
        with Operator(cluster, why).does("topics.applied", "catalogue", steps) as done:
            _take(cluster, allowed, progress, done)
    return tuple(step for step in found.steps if step not in allowed)


def _take(cluster: Cluster, steps: Iterable[Step], progress: Progress, done: list[str]) -> None:
    def told(words: str) -> None:
        done.append(words)
        progress(words)

    create(cluster, [step.creates for step in steps if step.creates and step.topic != ACTS.name], told)
    for step in steps:
        if step.creates:
            continue
        if step.what == "partitions":
            growth = cluster.admin.create_partitions([NewPartitions(step.topic, int(step.becomes))], request_timeout=REQUEST_SECONDS)
            cluster.settle_all(growth, "growing")
        else:
            _configure(cluster, step)
        told(f"{step.topic}: {step.what} {step.was or 'unset'} → {step.becomes}")


def apply_catalogue(settings: Settings, progress: Progress, *, why: str = AS_WANTED) -> None:
    """Make what is missing and change what can be changed without loss; tell what is left as it is."""
    for refused in apply(settings, plan(settings), progress=progress, why=why):
        progress(f"{refused.topic}: {refused.what} stays {refused.was}, wanted {refused.becomes}: {refused.loses}")


def create(cluster: Cluster, wants: Iterable[Wanted], progress: Progress) -> None:
    """Make topics; one that somebody else made in the meantime is taken as it is."""
    new = [NewTopic(want.name, want.partitions, want.replication, config=dict(want.config)) for want in wants]
    if not new:
        return
    futures = cluster.admin.create_topics(new, operation_timeout=REQUEST_SECONDS, request_timeout=REQUEST_SECONDS)
    for name, future in futures.items():
        try:
            future.result(REQUEST_SECONDS + 5)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise cluster.explain(error.args[0], f"creating {name}") from None
        else:
            progress(f"{name}: created")
    _until_shown(cluster, {topic.topic for topic in new})


def _until_shown(cluster: Cluster, names: set[str]) -> None:
    """Wait until the brokers know what the controller has made: whoever writes to it next would be told that it is not there."""
    until = monotonic() + REQUEST_SECONDS
    while names - cluster.metadata().topics.keys():
        if monotonic() > until:
            raise cluster.unavailable(f"{', '.join(sorted(names)[:3])} were made, and no broker shows them")
        sleep(_SHOWN_SECONDS)


def _configure(cluster: Cluster, step: Step) -> None:
    entry = ConfigEntry(step.what, step.becomes, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, step.topic, incremental_configs=[entry])
    cluster.settle_all(cluster.admin.incremental_alter_configs([resource], request_timeout=REQUEST_SECONDS), "configuring")
