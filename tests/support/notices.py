"""Notices for tests of the message centre."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.rules.notices import Notice, Person

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
"""A Tuesday that is a holiday nowhere."""


def a_notice(key: str = "k-1", person: str = "C-1", **other: Any) -> Notice:
    """One message to a customer of `ber-001`, marketing by e-mail unless said otherwise."""
    fields: dict[str, Any] = {
        "dedupe_key": key,
        "person": Person("dealer:ber-001", "customer", person),
        "purpose": "newsletter",
        "grantee": "ber-001",
        "template": "spring",
        "not_before": NOON - timedelta(hours=1),
        "expires_at": NOON + timedelta(days=14),
        "channel": "email",
    }
    return Notice(**{**fields, **other})
