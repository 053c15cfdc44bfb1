"""Check an e-mail address before it stands in a command or a header."""

import re

from email_validator import EmailNotValidError, validate_email

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+\Z", re.ASCII)


def checked(address: str) -> str | None:
    """The address as a mail server takes it, its domain in ASCII; None for what is none, or what only SMTPUTF8 could carry."""
    if _PLAIN.match(address):  # nearly all; looking closer costs as much as sending
        return address
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True, allow_smtputf8=False)
    except (EmailNotValidError, ValueError):
        return None
    return found.ascii_email
