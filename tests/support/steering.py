"""An operator at a hub that runs: types words, and reads what they print."""

import json
from typing import Any

from pydantic import SecretStr
from typer.testing import CliRunner, Result

from hub.cli import mount
from hub.operations import pausing
from hub.operations.cluster import Cluster
from hub.operations.pausing import Outcome
from hub.operations.places import scope as scoped
from hub.settings import Settings
from tests.support.eventually import eventually
from tests.support.kafka_clients import environment_of, settings_of
from tests.support.scene import Scene


class Helm:
    """Where an operator steers crm-sync."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        url = scene.database.url
        self.settings: Settings = settings_of(scene.kafka).model_copy(update={"database_url": SecretStr(url)})
        self._shell = CliRunner(env=environment_of(self.settings) | {"HUB_DATABASE_URL": url})

    def pause(self, place: str = "") -> Outcome:
        return self.scene.database.run(pausing.pause(self.settings, scoped("crm-sync", place), why="a test"))

    def resume(self, place: str = "") -> Outcome:
        return self.scene.database.run(pausing.resume(self.settings, scoped("crm-sync", place), why="mended"))

    def until_alone(self, *consumers: str) -> None:
        """Wait until the broker knows of no process at work, of this test or of one before."""
        cluster = Cluster(self.settings)
        for consumer in consumers or ("crm-sync",):
            eventually(lambda: cluster.members(consumer) == 0, 30)  # noqa: B023 - asked at once

    def types(self, *words: str) -> Result:
        """What came of words; an error that a person would read is in `exception`."""
        return self._shell.invoke(mount(), list(words))

    def asks(self, *words: str) -> Any:
        """The JSON that words print."""
        told = self.types(*words, "--json")
        assert told.stdout, told.exception
        return json.loads(told.stdout)

    def sees(self) -> dict[str, Any]:
        """What `hub status` says of crm-sync."""
        [found] = [each for each in self.asks("status")["consumers"] if each["consumer"] == "crm-sync"]
        return dict(found)
