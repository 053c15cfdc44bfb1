"""What is said of a message that breaks its contract."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One fault of a message: where it is (`amount.currency`), and what was expected there."""

    path: str
    expected: str


class Invalid(ValueError):  # noqa: N818 - it reads as what it says of the message
    """A message that breaks its contract: `findings` holds each field path with what was expected."""

    def __init__(self, reason: str, *findings: Finding) -> None:
        self.reason, self.findings = reason, findings
        super().__init__("; ".join(f"{f.path or '(body)'}: {f.expected}" for f in findings) or reason)
