"""The composition root: the only room that knows everybody, once per process."""

import asyncio
import gc
import os
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from hub.consumers import CONSUMERS
from hub.errors import InputError
from hub.patience import heed
from hub.probes import Probes
from hub.producers.clock import Clock
from hub.producers.course import BATCH_BYTES
from hub.producers.lines import Lines
from hub.producers.relay import Relay
from hub.producers.round import PATIENCE_SECONDS
from hub.producers.sender import Sender
from hub.settings import Settings
from hub.state import counts
from hub.state.base import BaseDataCache
from hub.state.connect import KEYED, Watched, connect
from hub.state.offsets import Offsets
from hub.stream.batch import Batch
from hub.stream.brake import Brake
from hub.stream.consumer import Consumer
from hub.stream.group import Group
from hub.stream.health import group_health, task_health
from hub.stream.record import Reader
from hub.stream.work import Work
from hub.telemetry import Metrics, configure_logs, log

if TYPE_CHECKING:
    from faststream.kafka import KafkaBroker

    from hub.channels.courier import Courier
    from hub.stream.shell import Shell

PROCESSES = (*CONSUMERS, "relay", "clock", "planner", "courier", "door")


def kafka_options(settings: Settings) -> dict[str, Any]:
    """How aiokafka's clients reach the broker."""
    options: dict[str, Any] = {"bootstrap_servers": settings.kafka_bootstrap, "security_protocol": settings.kafka_security}
    if settings.kafka_security != "PLAINTEXT":
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    if settings.kafka_security == "SASL_SSL":
        options["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca_file or None)
    return options


def make_producer(settings: Settings) -> AIOKafkaProducer:
    """An idempotent producer that waits for all replicas."""
    return AIOKafkaProducer(
        **kafka_options(settings),
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        linger_ms=2,
        max_batch_size=BATCH_BYTES,
        request_timeout_ms=20_000,
    )


def connector(
    settings: Settings, name: str, *, idle_session_ms: int = 0, planning: Mapping[str, str] | None = None
) -> Callable[[], Awaitable[Watched]]:
    """Opens a lane's or a sender's own connection to the state store; idle for longer than that it ends, unless that is 0."""

    async def open_one() -> Watched:
        return await connect(
            settings.database_url.get_secret_value(),
            name=f"hub {name}",
            lock_timeout_ms=settings.lock_timeout_ms,
            idle_in_transaction_ms=settings.idle_in_transaction_ms,
            idle_session_ms=idle_session_ms,
            command_timeout=settings.command_timeout_ms / 1000,
            connect_timeout=settings.command_timeout_ms / 1000,
            planning=planning,
        )

    return open_one


async def cluster_id(settings: Settings) -> str:
    """Which Kafka cluster this is: offsets count within one only."""
    admin = AIOKafkaAdminClient(**kafka_options(settings))
    try:
        await admin.start()
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()


def _broker(settings: Settings) -> "KafkaBroker":
    from faststream.kafka import KafkaBroker
    from faststream.security import BaseSecurity, SASLScram512

    from hub.stream.shell import silent

    security = None
    if settings.kafka_security != "PLAINTEXT":
        tls = ssl.create_default_context(cafile=settings.kafka_ca_file or None) if settings.kafka_security == "SASL_SSL" else None
        security = SASLScram512(settings.kafka_user, settings.kafka_password.get_secret_value(), ssl_context=tls, use_ssl=tls is not None)
    return KafkaBroker(
        settings.kafka_bootstrap.split(","),
        security=security or BaseSecurity(use_ssl=False),
        apply_types=False,
        logger=silent(),
        metadata_max_age_ms=settings.metadata_max_age_ms,
        allow_auto_create_topics=False,
    )


def make_group(settings: Settings, consumer: Consumer, cluster: str, metrics: Metrics, owner: str) -> Group:
    """A consumer's lanes and claims."""
    offsets = Offsets(consumer.name, cluster)
    reader = Reader(consumer, settings.max_record_bytes)

    def make_batch() -> Batch:
        work = Work(consumer, BaseDataCache(consumer.using), timedelta(seconds=settings.wait_seconds))
        return Batch(offsets, work, reader, consumer.name)

    return Group(
        consumer.name,
        owner=owner,
        offsets=offsets,
        connect=connector(settings, consumer.name, planning=KEYED),
        make_batch=make_batch,
        reader=reader,
        brake=Brake(settings.brake_dead_in_a_row),
        metrics=metrics,
        lanes=settings.lanes,
        batch_records=settings.batch_records,
        revoke_seconds=settings.rebalance_timeout_ms / 1000 * 0.8,
        session_seconds=settings.session_timeout_ms / 1000,
        look_seconds=settings.metadata_max_age_ms / 1000,
    )


def make_shell(settings: Settings, consumer: Consumer, group: Group) -> "Shell":
    """The group's subscriber."""
    from hub.stream.shell import Shell  # it brings FastStream, which nobody but a consumer needs

    options = {
        "group_instance_id": settings.group_instance or None,
        "session_timeout_ms": settings.session_timeout_ms,
        "heartbeat_interval_ms": max(300, settings.session_timeout_ms // 10),
        "rebalance_timeout_ms": settings.rebalance_timeout_ms,
    }
    return Shell(
        _broker(settings),
        group,
        name=consumer.name,
        pattern=consumer.pattern,
        options=options,
        most_records=settings.batch_records * settings.lanes,
    )


def owner_name() -> str:
    """Who holds a claim: host, process, and when it began."""
    return f"{socket.gethostname()}/{os.getpid()}/{int(monotonic())}"


async def run(name: str, settings: Settings) -> None:
    """Run one process until SIGTERM or SIGINT, then let it finish what it has begun."""
    if name not in PROCESSES:
        raise InputError("NAME", f"one of {', '.join(PROCESSES)}", name)
    configure_logs(settings.log_level)
    gc.set_threshold(50_000, 20, 100)  # a batch makes thousands of objects that die with it: looking for cycles cost a quarter of the CPU
    metrics, stop = Metrics(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    url, consumer = settings.database_url.get_secret_value(), CONSUMERS.get(name)

    async def measure() -> None:
        health = probes.health()
        metrics.ready.labels(name).set(health.is_ready)
        metrics.stalled.labels(name).set(health.stalled_seconds)
        await counts.measure(url, metrics, name if consumer else None)

    async with Probes(settings.probe_host, settings.probe_port, metrics, measure) as probes:
        log.info("process.started", process=name, probes=probes.port)
        if consumer:
            await _run_consumer(consumer, settings, metrics, probes, stop)
        elif name == "door":
            await _run_door(settings, metrics, probes, stop)
        else:
            await _run_sender(_sender(name, settings, metrics), settings, probes, stop)
        log.info("process.stopped", process=name)


def _keep_imports() -> None:
    """What was imported stays as long as the process: nobody need look for circles in it."""
    gc.freeze()


async def _run_consumer(consumer: Consumer, settings: Settings, metrics: Metrics, probes: Probes, stop: asyncio.Event) -> None:
    cluster = await _until_there(settings, stop)
    if cluster is None:
        return
    group = make_group(settings, consumer, cluster, metrics, owner_name())
    shell = make_shell(settings, consumer, group)
    _keep_imports()
    probes.health = lambda: group_health(group, shell, settings.stalled_seconds)
    await _start(shell, stop)
    await stop.wait()
    await shell.stop()


async def _run_sender(sender: "Sender | Courier", settings: Settings, probes: Probes, stop: asyncio.Event) -> None:
    _keep_imports()
    probes.health = lambda: task_health(sender, settings.stalled_seconds)
    task, stopped = asyncio.create_task(sender.run()), asyncio.create_task(stop.wait())
    await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _run_door(settings: Settings, metrics: Metrics, probes: Probes, stop: asyncio.Event) -> None:
    from hub.door.process import serve  # what it needs to answer the outside nobody else does

    _keep_imports()
    lines = Lines(connector(settings, "door"), lambda: make_producer(settings), settings.door_answer_ms / 1000)
    probes.health = lambda: task_health(lines, settings.stalled_seconds)
    keeping = asyncio.create_task(lines.run())
    await serve(settings, lines, CONSUMERS.values(), metrics, stop)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def _sender(name: str, settings: Settings, metrics: Metrics) -> "Sender | Courier":
    if name == "courier":
        from hub.channels.outfit import outfit  # what words and letters need is much, and nobody else's

        return outfit(settings, connector(settings, name), metrics)

    def producer() -> AIOKafkaProducer:
        return make_producer(settings)

    if name == "relay":  # frozen, it must not keep the spare from relaying: its lock ends with its session
        idle_ms = settings.idle_in_transaction_ms + int(PATIENCE_SECONDS * 1000)
        return Relay(connector(settings, name, idle_session_ms=idle_ms), producer, metrics)
    if name == "planner":
        from hub.channels.reach import reach  # what audiences, numbers and addresses need is much, and nobody else's
        from hub.producers.planner import Planner

        return Planner(
            connector(settings, name),
            producer,
            interval=settings.planner_interval_ms / 1000,
            chunk=settings.planner_chunk,
            horizon=timedelta(seconds=settings.planner_ahead_seconds),
            reach=lambda who, channels: reach(who, settings.courier_country, channels),
        )
    return Clock(connector(settings, name), producer, metrics, settings.clock_interval_ms / 1000)


async def _until_there(settings: Settings, stop: asyncio.Event) -> str | None:
    """The cluster's id, as soon as the broker answers; None if we are told to stop before."""
    pause = 0.5
    while not stop.is_set():
        try:
            return await cluster_id(settings)
        except (KafkaError, OSError) as error:
            log.warning("kafka.away", error=type(error).__name__)
            pause = min(pause * 2, 15.0)
            await heed(stop, pause)
    return None


async def _start(shell: "Shell", stop: asyncio.Event) -> None:
    """Join the group, however long that takes, unless told to stop before."""
    stopped = asyncio.create_task(stop.wait())
    while not stop.is_set():
        joining = asyncio.create_task(shell.start())
        await asyncio.wait([joining, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not joining.done():
            joining.cancel()
        try:
            await joining
        except asyncio.CancelledError:
            break
        except (KafkaError, OSError) as error:
            log.warning("kafka.away", error=type(error).__name__)
            await asyncio.sleep(1)
        else:
            break
    stopped.cancel()
