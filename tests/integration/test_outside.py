"""The stand-ins run beside the hub, show what left it, and are told how to misbehave by words."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from hub.channels.mail.smtp import MailServer, SmtpChannel
from hub.channels.parcel import Accepted, Parcel, Sms, TryLater
from hub.channels.sms.twilio import SmsAccount, TwilioChannel
from hub.cli import mount
from hub.local.identity import Identity
from hub.local.outside_ports import ACCOUNT, NAME
from hub.local.ports import free_port
from hub.local.stack import ProcessState, Stack
from tests.support.eventually import eventually
from tests.support.mail_line import a_parcel

NUMBER = "+491701234567"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Path]]:
    """The stand-ins' process, described as a supervisor would."""
    data, mail, http = tmp_path_factory.mktemp("data"), free_port(), free_port()
    seen = ProcessState(NAME, f"127.0.0.1:{http}", str(data / "outside.log"))
    found = Stack(
        str(Identity.of(os.getpid())),
        "127.0.0.1:1",
        "hub",
        "",
        "postgresql://hub@127.0.0.1:1/hub",
        (seen,),
        door_port=free_port(),
        mail_port=mail,
        outside_port=http,
        outside_token="a-token",
        letters=str(data / "letters"),
    )
    found.write(data)
    process = subprocess.Popen([sys.executable, "-m", "hub.local.outside"], env=os.environ | found.environment())
    eventually(lambda: _is_up(http))
    yield found, data
    process.terminate()
    assert process.wait(10) == 0


def _is_up(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/ready") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def typed(stack: tuple[Stack, Path], *words: str) -> str:
    done = CliRunner().invoke(mount(), [*words, "--data", str(stack[1])])
    assert done.exception is None, done.exception
    return done.stdout


async def test_what_leaves_is_seen_and_misbehaviour_is_asked_for(stack: tuple[Stack, Path]) -> None:
    found = stack[0]
    assert "No mail was caught yet." in typed(stack, "mail", "list")
    assert "No text was caught yet." in typed(stack, "sms", "list")
    mail = SmtpChannel(MailServer("127.0.0.1", found.mail_port, "never"), sessions=1, seconds=10)
    texts = TwilioChannel(SmsAccount(ACCOUNT, "a-token", "", f"http://127.0.0.1:{found.outside_port}"), at_once=1, seconds=10)
    typed(stack, "mail", "misbehave", "450")
    typed(stack, "sms", "misbehave", "429")
    assert isinstance(await mail.send(a_parcel()), TryLater)
    assert isinstance(await texts.send(Parcel("d-1", NUMBER, Sms("Hub", "Hello"))), TryLater)
    assert isinstance(await mail.send(a_parcel()), Accepted)
    assert isinstance(await texts.send(Parcel("d-1", NUMBER, Sms("Hub", "Hello"))), Accepted)
    await mail.close()
    await texts.close()
    (one,) = json.loads(typed(stack, "mail", "list", "--json"))
    assert (one["to"], one["subject"]) == ("anna@example.test", "Hello")
    assert "Message-ID: <d-1@hub.test>" in typed(stack, "mail", "show", "1")
    (text,) = json.loads(typed(stack, "sms", "list", "--to", NUMBER, "--json"))
    assert text["text"] == "Hello"
    assert json.loads(typed(stack, "sms", "list", "--to", "+1", "--json")) == []
    assert "Nobody heard it" in typed(stack, "sms", "answer", NUMBER, "STOP")


def test_an_unknown_mood_lists_those_that_are_known(stack: tuple[Stack, Path]) -> None:
    done = CliRunner().invoke(mount(), ["mail", "misbehave", "rudely", "--data", str(stack[1])])
    assert "drop-after-dot" in str(done.exception)


def test_without_a_hub_there_is_nothing_to_see(tmp_path: Path) -> None:
    done = CliRunner().invoke(mount(), ["sms", "list", "--data", str(tmp_path)])
    assert "hub up starts one" in str(done.exception)


def test_what_was_caught_can_do_nothing_to_who_looks_at_it(stack: tuple[Stack, Path]) -> None:
    with urlopen(f"http://127.0.0.1:{stack[0].outside_port}/") as page:
        assert "sandbox" in page.headers["Content-Security-Policy"]
        assert b"What the hub sent" in page.read()
