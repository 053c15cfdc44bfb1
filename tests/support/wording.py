"""A template of every kind of field, and whom its messages go to."""

from datetime import UTC, datetime
from typing import Any

from contracts.base import Template
from hub.channels.wording.mail import MailSender, Recipient

MJML = (
    "<mjml><mj-head><mj-title>{{name}}</mj-title></mj-head><mj-body><mj-section><mj-column><mj-text>Dear {{name}}, {{note}}</mj-text>"
    '<mj-button href="{{page}}">Pay {{sum}} until {{due}}</mj-button><mj-text><a href="{{unsubscribe}}">No more</a></mj-text>'
    "</mj-column></mj-section></mj-body></mjml>"
)
SENDER = MailSender("The Hub", "news@hub.test", "bounces@hub.test")
VALUES: dict[str, Any] = {
    "name": "Anna",
    "note": "one\ntwo",
    "sum": {"minor": 123456, "currency": "EUR"},
    "due": "2026-06-01",
    "page": "https://hub.test/pay?a=1&b=2",
}


def template(
    mjml: str = MJML, text: str = "Dear {{name}},\n{{note}}\n{{page}} {{unsubscribe}}", subject: str = "{{name}}: {{due}}"
) -> Template:
    fields = [
        {"name": "name"},
        {"name": "note", "kind": "text", "is_required": False},
        {"name": "sum", "kind": "money"},
        {"name": "due", "kind": "day"},
        {"name": "page", "kind": "link"},
    ]
    wording = {
        "language": "en",
        "email": {"subject": subject, "mjml": mjml, "text": text},
        "sms": {"text": "Dear {{name}}, {{sum}} until {{due}}."},
        "post": {"subject": "For {{name}}", "text": "Dear {{name}},\n\n{{note}}\n\nYours"},
    }
    said = {"occurred_at": "2026-05-01T10:00:00Z", "id": "t", "name": "T", "fields": fields, "wordings": [wording]}
    return Template.model_validate(said, strict=False)


def recipient(**values: Any) -> Recipient:
    at = datetime(2026, 5, 1, 10, tzinfo=UTC)
    return Recipient("d-1", "anna@example.test", VALUES | values, at, "https://hub.test/u/d-1")
