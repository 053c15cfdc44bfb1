"""What a new hub brings along to say can be said, in each of its languages and by each channel."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.base import ServicePlan, Template
from hub.channels.wording.letter import CompiledLetter
from hub.channels.wording.mail import CompiledMail, Recipient
from hub.channels.wording.text import CompiledSms
from hub.operations.base_file import STARTER, read
from tests.support.wording import SENDER

TEMPLATES = [laid.datum for laid in read(STARTER).editions if isinstance(laid.datum, Template)]
OF_KIND: dict[str, Any] = {
    "line": "something",
    "text": "one\ntwo",
    "money": {"minor": 100, "currency": "EUR"},
    "day": "2026-06-01",
    "moment": "2026-06-01T10:00:00+02:00",
    "count": 7,
    "link": "https://hub.test/x",
}


@pytest.mark.parametrize(
    ("template", "language"), [(template, wording.language) for template in TEMPLATES for wording in template.wordings], ids=str
)
def test_a_template_of_the_starter_can_be_said(template: Template, language: str) -> None:
    wording = template.wording(language)
    fields = {field.name: OF_KIND[field.kind] for field in template.fields}
    to = Recipient("d-1", "anna@example.test", fields, datetime(2026, 5, 1, tzinfo=UTC), "https://hub.test/u")
    if wording.email:
        assert CompiledMail(template, wording, SENDER).fill(to).message
    if wording.sms:
        assert CompiledSms(template, wording, "Hub").fill(to).text
    if wording.post:
        letter = CompiledLetter(template, wording, ("The hub", "1 Way", "12345 Town"))
        assert letter.fill(to._replace(address="Anna\n1 Street\n10115 Berlin")).pdf


def test_no_english_name_of_a_plan_stands_in_german_words() -> None:
    plans = {laid.datum for laid in read(STARTER).editions if isinstance(laid.datum, ServicePlan)}
    by_id = {template.id: template for template in TEMPLATES}
    assert plans
    for plan in plans:
        template = by_id[plan.template]
        wording = template.wording("de")
        fields = {"service": plan.name, "due_on": "2026-06-01"}
        to = Recipient("d-1", "anna@example.test", fields, datetime(2026, 5, 1, tzinfo=UTC), "https://hub.test/u")
        text = CompiledSms(template, wording, "Hub").fill(to).text
        assert "1. Juni 2026" in text
        assert plan.name not in text
        assert wording.email
        assert wording.post
        assert "{{service}}" not in f"{wording.email}{wording.post}"
