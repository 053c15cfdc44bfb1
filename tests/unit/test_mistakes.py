"""What somebody mistypes, or what is away, is told by its name, with what was expected and where to look; never by a traceback."""

from pathlib import Path

import pytest

from tests.unit.test_bad_settings import typed

AWAY = {"HUB_DATABASE_URL": "postgresql://hub@127.0.0.1:1/hub", "HUB_KAFKA_BOOTSTRAP": "127.0.0.1:1", "HUB_KAFKA_SECURITY": "PLAINTEXT"}
FILES = {
    "broken.yaml": "campaign: spring\n  audience: [\n",
    "strange.yaml": "campaign: spring\ntitel: Spring\naudience: customers\nwhere: {colour: {is: red}}\n",
    "tariff.yaml": "tariff:\n  - id: rhein\n    name: By rail\n    curency: EUR\n",
    "list.yaml": "- one\n- two\n",
}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("show customer C-1", ("PostgreSQL at 127.0.0.1:1 (hub) does not answer", "hub up starts", "HUB_DATABASE_URL")),
        pytest.param(
            "topics list",
            ("Kafka at 127.0.0.1:1 (PLAINTEXT) does not answer", "hub up starts", "HUB_KAFKA_BOOTSTRAP"),
            marks=pytest.mark.thorough,  # the client gives a broker five seconds
        ),
        ("replay crm-snyc", ("CONSUMER: expected one of base-data, crm-sync", "got 'crm-snyc'")),
        ("run crm-snyc", ("NAME: expected one of", "relay", "got 'crm-snyc'")),
        ("dead-letters show 5e", ("ID: expected at least four characters", "hub dead-letters list")),
        ("dead-letters redrive", ("ID: expected ids, or at least one filter",)),
        ("deliveries list --state sent_", ("--state: expected planned, claimed", "got 'sent_'")),
        ("campaigns check nowhere.yaml", ("nowhere.yaml: expected a YAML file in UTF-8 that can be read (No such file or directory)",)),
        ("campaigns check broken.yaml", ("broken.yaml:2: expected YAML",)),
        ("campaigns check list.yaml", ("list.yaml: expected one mapping", "docs/campaigns.md")),
        (
            "campaigns check strange.yaml",
            ("strange.yaml:2: titel: expected one of campaign, title,", ":4: where.colour: expected one of and, or"),
        ),
        ("base apply tariff.yaml --dry-run", ("tariff.yaml:4: tariff[0].curency: expected one of", "tariff[0].currency: expected a value")),
        ("contracts show lead.recieved", ("TYPE: expected one of", "lead.received")),
        ("staff whoami --pass nowhere.pass", ("--pass: expected the file of a pass that can be read",)),
    ],
)
def test_a_mistake_is_named_with_what_was_expected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, words: str, told: tuple[str, ...]
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    code, said = typed(monkeypatch, capsys, words, **AWAY)
    assert code == 2
    assert said.startswith("hub: ")
    for part in told:
        assert part in said


def test_what_a_campaigns_file_may_say_is_nothing_of_who_signs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "signed.yaml").write_text("campaign: spring\naudience: customers\nsignature: abc\n")
    monkeypatch.chdir(tmp_path)
    _, said = typed(monkeypatch, capsys, "campaigns check signed.yaml", **AWAY)
    assert "signed.yaml:3: signature: expected one of" in said
