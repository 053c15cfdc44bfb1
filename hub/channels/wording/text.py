"""Make a text message of a template."""

from contracts.base.templates import Template, Wording
from contracts.base.templates.v1 import split
from hub.channels.parcel import Sms
from hub.channels.wording.mail import Recipient
from hub.channels.wording.values import Values, checked_link
from hub.errors import InputError

LONGEST = 1_600
"""Signs that providers take; beyond, nobody reads."""


class CompiledSms:
    """A text with gaps; links to documents stand below it, each on a line of its own."""

    def __init__(self, template: Template, wording: Wording, sender: str) -> None:
        if wording.sms is None:
            raise InputError(f"template {template.id}", f"a wording for SMS in {wording.language}")
        self._values, self._language, self._sender = Values(template.fields), wording.language, sender
        self._turns = split(wording.sms.text.replace("\r\n", "\n").strip())

    def fill(self, to: Recipient) -> Sms:
        """The text for one recipient; raises InputError with the path of what cannot go into it."""
        texts = self._values.written(to.fields, self._language, to.zone)
        said = "".join(turn if at % 2 == 0 else texts[turn] for at, turn in enumerate(self._turns))
        text = "\n".join((said, *(checked_link("documents", link) for link in to.documents)))
        if not said.strip() or len(text) > LONGEST:
            raise InputError("text", f"1 to {LONGEST} signs with all values filled in", f"{len(text)} signs")
        return Sms(self._sender, text)
