"""Where the stand-ins of the world outside listen, and the settings of a hub that speaks with them."""

from collections.abc import Mapping
from typing import NamedTuple

NAME = "outside"
ACCOUNT = "AC" + "0" * 32
"""The hub's account at the local SMS provider."""


class Outside(NamedTuple):
    """Their ports on loopback, and the token that they and the hub know each other by."""

    mail_port: int
    http_port: int
    token: str

    def environment(self, door_port: int, letters: str) -> Mapping[str, str]:
        """The settings of a hub that sends through them, and hears of it at its door."""
        return {
            "HUB_MAIL_HOST": "127.0.0.1",
            "HUB_MAIL_PORT": str(self.mail_port),
            "HUB_MAIL_TLS": "never",
            "HUB_MAIL_FROM": "news@hub.example",
            "HUB_MAIL_FROM_NAME": "The hub",
            "HUB_MAIL_BOUNCES": "bounces@hub.example",
            "HUB_SMS_ACCOUNT": ACCOUNT,
            "HUB_SMS_TOKEN": self.token,
            "HUB_SMS_URL": f"http://127.0.0.1:{self.http_port}",
            "HUB_SMS_FROM": "Hub",
            "HUB_SMS_REPORTS": f"http://127.0.0.1:{door_port}/reports/sms",
            "HUB_POST_FOLDER": letters,
            "HUB_POST_SENDER": "The hub, 1 Sample Street, 12345 Exampletown",
            "HUB_POST_WAIT_SECONDS": "2",
        }
