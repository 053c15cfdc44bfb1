"""Write the configuration of a broker that trusts nobody, small enough for a laptop."""

from collections.abc import Mapping
from pathlib import Path


def broker_properties(
    storage: Path, port: int, controller_port: int, user: str, password: str, overrides: Mapping[str, str]
) -> dict[str, str]:
    """Everything in `server.properties`; holds the password, so keep the file private.

    Each broker is its own controller. The controller's listener has to exist although nobody else needs it: it asks for the
    same password, by SASL PLAIN since SCRAM credentials live in the very log that the controller has yet to read.
    """
    scram = f'org.apache.kafka.common.security.scram.ScramLoginModule required username="{user}" password="{password}";'
    plain = (
        f'org.apache.kafka.common.security.plain.PlainLoginModule required username="{user}" password="{password}" '
        f'user_{user}="{password}";'
    )
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"CLIENT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"CLIENT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENT",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.client.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": plain,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{user}",
        "allow.everyone.if.no.acl.found": "false",
        "auto.create.topics.enable": "false",
        "log.dirs": str(storage),
        # A killed broker is let back in when its last session has run out: 9 s by default.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "400",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",  # 50 by default: fifty files to open before the first group can join
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
        "log.cleaner.dedupe.buffer.size": "16777216",  # 128 MiB by default, a quarter of the heap
    } | dict(overrides)


def as_text(properties: Mapping[str, str]) -> str:
    """As the Java side reads it, where a backslash or a line end would mean something else."""
    return "".join(f"{key}={value.replace(chr(92), chr(92) * 2)}\n" for key, value in properties.items())
