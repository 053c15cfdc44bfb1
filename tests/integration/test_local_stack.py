"""The embedded servers keep their promises: nobody gets in unasked, and a kill loses nothing."""

import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from hub.errors import HubError, InputError
from hub.local.folders import is_root, scratch
from hub.local.kafka import Kafka
from hub.local.postgres import Postgres
from hub.local.postgres_binaries import copied_programs, ordinary_user
from tests.support.stack import NewKafka

QUIET = {"log_level": 0}


def refusals(config: dict[str, str]) -> list[int]:
    """Why a client of this configuration is not let in; nothing where it is only cut off. Fails when it is let in."""
    heard: list[KafkaError] = []
    admin = AdminClient({**config, **QUIET, "error_cb": heard.append})
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=2)
    admin.poll(0)
    return [error.code() for error in heard]


def test_a_user_whom_the_broker_does_not_know_is_refused(kafka: Kafka) -> None:
    assert KafkaError._AUTHENTICATION in refusals(kafka.client_config() | {"sasl.username": "stranger"})
    assert KafkaError._AUTHENTICATION in refusals(kafka.client_config() | {"sasl.password": "guessed"})


def test_the_controllers_listener_is_no_open_door(kafka: Kafka) -> None:
    configuration = dict(line.split("=", 1) for line in (kafka.data / "server.properties").read_text().splitlines())
    controller = configuration["controller.quorum.voters"].partition("@")[2]
    config = kafka.client_config() | {"bootstrap.servers": controller}
    assert KafkaError._AUTHENTICATION in refusals(config | {"sasl.mechanism": "PLAIN", "sasl.password": "guessed"})
    refusals({"bootstrap.servers": controller, "security.protocol": "PLAINTEXT"})


def test_a_user_without_rights_may_not_write(kafka: Kafka) -> None:
    admin = AdminClient(kafka.client_config())
    admin.create_topics([NewTopic("private", 1, 1)])["private"].result()
    made = UserScramCredentialUpsertion("visitor", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), b"letmein")
    admin.alter_user_scram_credentials([made])["visitor"].result()
    visitor = {"sasl.username": "visitor", "sasl.password": "letmein"}
    producer = Producer(kafka.client_config() | visitor | QUIET | {"message.timeout.ms": 5000})
    answers: list[KafkaError | None] = []
    producer.produce("private", b"x", on_delivery=lambda error, _: answers.append(error))
    producer.flush(10)
    assert [answer and answer.code() for answer in answers] == [KafkaError.TOPIC_AUTHORIZATION_FAILED]


@pytest.mark.thorough
def test_a_killed_broker_comes_back_with_its_records_on_the_same_port(new_kafka: NewKafka) -> None:
    broker = new_kafka()
    before = broker.bootstrap
    admin = AdminClient(broker.client_config())
    admin.create_topics([NewTopic("kept", 3, 1)])["kept"].result()
    producer = Producer(broker.client_config() | QUIET | {"acks": "all"})
    producer.produce("kept", b"a record", partition=1)
    assert producer.flush(10) == 0
    broker.kill()
    assert broker.pid == 0
    broker.start()
    assert broker.bootstrap == before
    assert producer.list_topics("kept", 5).topics["kept"].partitions.keys() == {0, 1, 2}
    offsets: list[int | None] = []
    producer.produce("kept", b"another", partition=1, on_delivery=lambda _, message: offsets.append(message.offset()))
    producer.flush(10)
    assert offsets == [1]


@pytest.mark.thorough
def test_the_data_of_a_broker_is_not_opened_with_another_password(new_kafka: NewKafka) -> None:
    broker = new_kafka()
    broker.stop()
    other = Kafka(broker.data, password="another")
    with pytest.raises(HubError, match="by another password"):
        other.start()
    assert other.pid == 0


def test_a_broker_does_not_start_twice_on_the_same_data(new_kafka: NewKafka) -> None:
    broker = new_kafka()
    with pytest.raises(HubError, match=f"already runs as process {broker.pid}"):
        Kafka(broker.data, password=broker.password).start()


async def test_a_fresh_database_has_every_table(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        assert await connection.fetchval("SELECT count(*) FROM information_schema.tables WHERE table_schema NOT LIKE 'pg_%'") > 10
    finally:
        await connection.close()


async def test_the_database_lets_nobody_in_without_the_password(postgres: Postgres) -> None:
    for password in ("", "guessed"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(host="127.0.0.1", port=postgres.port, user=postgres.user, password=password, database="postgres")


@pytest.mark.thorough
async def test_what_was_committed_survives_a_kill() -> None:
    with scratch() as folder:
        server = Postgres(folder / "postgres", password="secret")
        server.start()
        try:
            connection = await asyncpg.connect(server.url())
            await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
            before = server.url()
            server.kill()
            await connection.close(timeout=1)
            server.start()
            assert server.url() == before
            connection = await asyncpg.connect(server.url())
            assert await connection.fetchval("SELECT answer FROM kept") == 42
            await connection.close()
        finally:
            server.kill()


@pytest.mark.skipif(not is_root(), reason="only root has somebody else to run PostgreSQL as")
def test_root_runs_postgres_as_nobody(postgres: Postgres) -> None:
    assert Path(f"/proc/{postgres.pid}").stat().st_uid == pwd.getpwnam("nobody").pw_uid


@pytest.mark.skipif(not is_root(), reason="anybody else runs PostgreSQL as themselves")
def test_root_is_told_when_nobody_could_not_enter_the_data_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(InputError, match="is closed"):
        Postgres(closed / "data", password="secret").start()
    assert not (closed / "data").exists()


@pytest.mark.thorough
def test_programs_copied_out_of_a_closed_folder_run_for_anybody() -> None:
    with scratch() as folder:
        programs = copied_programs(folder / "cache")
        assert programs == copied_programs(folder / "cache")
        user = ordinary_user()
        become: dict[str, Any] = {"user": user[0], "group": user[1], "extra_groups": []} if user else {}
        for program in ("initdb", "postgres"):
            done = subprocess.run([programs / program, "--version"], capture_output=True, text=True, check=False, cwd="/", **become)
            assert "(PostgreSQL) 18" in done.stdout, done.stderr


AS_ORDINARY_USER = """
import os, sys
from pathlib import Path
from hub.local.postgres import Postgres
assert os.geteuid() != 0
server = Postgres(Path.home() / "data", password="secret")
server.start()
print("started", server.create_database("mine"))
server.stop()
"""


@pytest.mark.thorough
def test_an_ordinary_user_runs_postgres_as_themselves() -> None:
    with scratch() as folder:
        home = folder / "home"
        home.mkdir()
        become: dict[str, Any] = {}
        if is_root():
            nobody = pwd.getpwnam("nobody")
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
            become = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        environment = {"HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
        python = _python_for(become)
        done = subprocess.run(
            [python, "-c", AS_ORDINARY_USER], env=environment, cwd="/", capture_output=True, text=True, check=False, **become
        )
        assert "started postgresql://hub:secret@127.0.0.1:" in done.stdout, done.stderr
        assert (home / "data/cluster").stat().st_uid == home.stat().st_uid


def _python_for(become: dict[str, Any]) -> str:
    """An interpreter of this version that the user may run: ours may live in root's home."""
    says_version = "import sys; print(sys.version_info[:2])"
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            done = subprocess.run([python, "-c", says_version], cwd="/", capture_output=True, text=True, check=False, **become)
        except OSError:
            continue
        if done.stdout.strip() == str(sys.version_info[:2]):
            return python
    pytest.skip("no interpreter of this version that an ordinary user may run")
