"""A setting that cannot be right is one line with its name and what was expected, and never its value."""

import sys

import pytest

from hub.cli import main


def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, **environment: str) -> tuple[object, str]:
    monkeypatch.setattr(sys, "argv", ["hub", *words.split()])
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("HUB_LANES", "0", "a value greater than or equal to 1"),
        ("HUB_LANES", "many", "a valid integer"),
        ("HUB_KAFKA_SECURITY", "none", "'PLAINTEXT', 'SASL_PLAINTEXT' or 'SASL_SSL'"),
        ("HUB_DATABASE_URL", "mysql://hub:s3cret@db/hub", "postgresql://USER@HOST:PORT/DATABASE, with a password where one is needed"),
        (
            "HUB_DATABASE_URL",
            "postgresql://hub:s3cret@db:port/hub",
            "postgresql://USER@HOST:PORT/DATABASE, with a password where one is needed",
        ),
    ],
)
def test_a_bad_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, expected: str
) -> None:
    assert typed(monkeypatch, capsys, "run crm-sync", **{name: value}) == (2, f"hub: {name}: expected {expected}\n")


def test_a_database_that_is_away_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = typed(monkeypatch, capsys, "migrate", HUB_DATABASE_URL="postgresql://hub:s3cret@127.0.0.1:1/hub")
    assert code == 2
    assert said.startswith("hub: PostgreSQL at 127.0.0.1:1 (hub) does not answer")
    assert "s3cret" not in said
