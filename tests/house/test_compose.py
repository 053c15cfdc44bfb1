"""What docker-compose.yml runs is what the hub has, and it holds no secret."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.local.kafka_properties import broker_properties
from hub.wiring import PROCESSES
from tests.support import deployments

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]


MAY_BE_EMPTY = {"HUB_MAIL_PASSWORD", "HUB_SMS_TOKEN", "HUB_DOOR_BOUNCE_SECRET"}
"""Without these something is not done: no login, no SMS, no mail handed in."""


def test_there_is_one_service_for_each_process_by_its_own_name() -> None:
    run = {service["command"][1]: name for name, service in SERVICES.items() if service.get("command", [""])[0] == "run"}
    assert run == {name: name for name in PROCESSES}


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_may_do_nothing_that_it_need_not_do(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert {"healthcheck", "stop_grace_period", "restart"} <= service.keys()
    assert ("ports" in service) == (name == "door")  # nobody else is there for the outside


def test_the_door_gives_what_couriers_send_and_cannot_change_it() -> None:
    courier, door = SERVICES["courier"], SERVICES["door"]
    folder = courier["environment"]["HUB_DOCUMENTS"]
    assert folder == door["environment"]["HUB_DOCUMENTS"]
    assert f"documents:{folder}" in courier["volumes"]
    assert door["volumes"] == [f"documents:{folder}:ro"]


def test_letters_lie_in_a_volume_once_it_is_said_whom_they_are_from() -> None:
    courier = SERVICES["courier"]
    told = courier["environment"]["HUB_POST_FOLDER"]
    folder = told.removeprefix("${HUB_POST_SENDER:+").removesuffix("}")
    assert told == f"${{HUB_POST_SENDER:+{folder}}}"
    assert f"letters:{folder}" in courier["volumes"]


def test_every_volume_is_there_and_a_process_may_write_to_it() -> None:
    named = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert named == COMPOSE["volumes"].keys()
    folders = {volume.split(":")[1] for name in PROCESSES for volume in SERVICES[name].get("volumes", ())}
    image = next(line for line in (ROOT / "Dockerfile").read_text().splitlines() if "install --directory --owner=hub" in line)
    assert folders <= set(image.split())


def test_a_process_has_the_settings_of_all_besides_its_own() -> None:
    shared = {name: value for name, value in SERVICES["relay"]["environment"].items() if value}.items()
    for name in PROCESSES:
        assert SERVICES[name]["environment"].items() >= shared


def test_any_setting_in_env_reaches_whatever_runs_the_hub() -> None:
    for name, service in deployments.services().items():
        assert service["env_file"] == [{"path": ".env", "required": False}], name


def test_credentials_come_from_outside_and_their_absence_is_an_error() -> None:
    for line in TEXT.splitlines():
        name, _, value = line.partition(": ")
        if name.strip().endswith(("PASSWORD", "SECRET", "TOKEN")) and value != '""':
            assert value.strip(' "}').startswith("${HUB_"), line
            assert (":?" in value) != (f"${{{name.strip()}-}}" == value and name.strip() in MAY_BE_EMPTY), line
    assert ":-" not in TEXT


def test_its_broker_trusts_as_little_as_the_embedded_one() -> None:
    told = dict(line.split("=", 1) for line in COMPOSE["configs"]["broker"]["content"].splitlines())
    ours = broker_properties(Path("/var/lib/kafka/data"), 9092, 9093, "hub", "${HUB_KAFKA_PASSWORD}", {})
    of_the_place = {"listeners", "advertised.listeners"}
    assert {name for name in told.keys() - of_the_place if told[name] != ours[name]} == set()
    security = ("sasl", "super.users", "authorizer", "allow.everyone", "listener.security", "auto.create")
    assert {name for name in ours if any(word in name for word in security)} <= told.keys()
