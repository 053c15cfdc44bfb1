"""Every request of docs/door.md is made with curl on an open door, and answers what the page says."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.local.kafka import Kafka
from tests.integration.test_door import BOUNCE
from tests.support import outside, tree
from tests.support.outside import CATCHER, Outside
from tests.support.replaying import a_stage

PAGE = Path("docs/door.md")
_REQUESTS = re.compile(r"^```sh\n(curl .*?)^```", re.MULTILINE | re.DOTALL)
_ANSWERS = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def door(kafka: Kafka, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    monkeypatch.setattr(outside, "DEALER", "ber-01")
    with a_stage(kafka, database, tmp_path) as scene, outside.outside(scene) as found:
        yield found


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here: the page's requests cannot be made as they stand")
def test_each_request_of_the_page_is_answered_as_the_page_says(door: Outside, tmp_path: Path) -> None:
    delivery = door.plans()
    (tmp_path / "bounce.eml").write_text(BOUNCE.replace("{name}", door.mail_name(delivery)))
    told = {
        "DOOR": door.url,
        "TOKEN": door.token,
        "LINK": door.url + door.link(delivery),
        "BOUNCE_SECRET": CATCHER,
        "PATH": "/usr/bin:/bin",
    }
    page = tree.text(PAGE)
    answers = []
    for request in _REQUESTS.findall(page):
        made = subprocess.run(["sh", "-c", request], env=told, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
        assert made.returncode == 0, request + made.stdout + made.stderr
        answers.append(made.stdout)
    assert len(answers) == 6
    first, binary, dry, leads, link, bounce = answers
    assert [json.loads(answer) for answer in (first, dry, leads)] == [json.loads(answer) for answer in _ANSWERS.findall(page)]
    assert json.loads(binary)["verdicts"][0]["record"] == "dealer.ber-01.events@0:1"
    assert "<h1>Done</h1>" in link
    assert json.loads(bounce) == {"reports": 1}
    assert [wire for _, wire, _ in door.news()] == ["hub.recipient.unsubscribed.v1", "hub.address.bounced.v1"]
