"""A template names fields and nothing else, and says where it does not."""

from typing import Any

import pytest
from pydantic import ValidationError

from contracts.base import Template
from contracts.contract import findings

FIELDS = [{"name": "name"}, {"name": "book", "kind": "link"}]


def template(fields: list[dict[str, Any]] | None = None, **wording: Any) -> Template:
    said = {
        "occurred_at": "2026-05-01T10:00:00Z",
        "id": "t",
        "name": "T",
        "fields": FIELDS if fields is None else fields,
        "wordings": [{"language": "en", **wording}],
    }
    return Template.model_validate(said, strict=False)


@pytest.mark.parametrize(
    ("wording", "told"),
    [
        ({"sms": {"text": "{{7*7}}"}}, "wordings.0.sms.text: {{name}} with the name of a field"),
        ({"sms": {"text": "{{ name }}"}}, "wordings.0.sms.text: {{name}} with"),
        ({"sms": {"text": "{{nobody}}"}}, "wordings.0.sms.text: a field that may stand there (book, name), not {{nobody}}"),
        ({"sms": {"text": "{{unsubscribe}}"}}, "not {{unsubscribe}}"),
        ({"post": {"subject": "{{book}}", "text": "x"}}, "wordings.0.post.subject: a field that may stand there (name)"),
        ({"email": {"subject": "x", "text": "x", "mjml": "<mjml><script>"}}, "wordings.0.email.mjml: nothing that runs"),
        ({"email": {"subject": "x", "text": "x", "mjml": '<mj-include path="/a"/>'}}, "such as <mj-include"),
    ],
)
def test_a_fault_names_its_place(wording: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as error:
        template(**wording)
    assert any(told in finding.expected for finding in findings(error.value)), findings(error.value)


def test_a_field_is_there_once_and_not_the_hub_s_own() -> None:
    for fields in ([{"name": "a"}, {"name": "a"}], [{"name": "unsubscribe"}]):
        with pytest.raises(ValidationError, match="fields"):
            template(fields, sms={"text": "x"})


@pytest.mark.parametrize(("asked", "got"), [("de", "de"), ("de-AT", "de"), ("DE", "de"), ("fr", "en"), (None, "en"), ("pt-BR", "pt-BR")])
def test_a_language_is_found_or_one_near_to_it_or_the_first(asked: str | None, got: str) -> None:
    said = {
        "occurred_at": "2026-05-01T10:00:00Z",
        "id": "t",
        "name": "T",
        "wordings": [{"language": one} for one in ("en", "de", "pt-BR")],
    }
    assert Template.model_validate(said, strict=False).wording(asked).language == got
