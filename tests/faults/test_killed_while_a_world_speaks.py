"""Kill one process of each kind while a world speaks: the others take over, and the world's truth comes out."""

from random import Random

import pytest

from tests.support.driver import Driver
from tests.support.scene import Scene


@pytest.mark.thorough
def test_one_of_each_kind_is_killed_and_the_truth_comes_out(bare_scene: Scene) -> None:
    with Driver(bare_scene, batch_records=50) as driver:
        chance = Random(driver.seed)
        driver.speak(400)
        for name in ("crm-sync", "relay", "base-data", "clock"):
            victim = chance.choice(driver.of(name))
            driver.speak(chance.randrange(50, 150))
            victim.kill()
            driver.speak(50)
            driver.replace(victim)
        driver.speak(300)
