"""Where a setting comes from: what is given, else the environment, else its default."""

import pytest

from hub.settings import Settings


def test_the_environment_goes_before_the_default_and_what_is_given_before_both(monkeypatch: pytest.MonkeyPatch) -> None:
    default = Settings.model_fields["lanes"].default
    monkeypatch.delenv("HUB_LANES", raising=False)
    assert Settings().lanes == default
    monkeypatch.setenv("HUB_LANES", str(default + 1))
    assert Settings().lanes == default + 1
    assert Settings.model_validate({"lanes": default + 2}).lanes == default + 2


def test_a_setting_tells_whether_somebody_said_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"HUB_{name.upper()}", raising=False)
    assert Settings().model_fields_set == set()
    monkeypatch.setenv("HUB_KAFKA_BOOTSTRAP", "127.0.0.1:9092")
    assert Settings().model_fields_set == {"kafka_bootstrap"}
